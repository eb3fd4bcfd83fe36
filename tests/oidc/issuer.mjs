// A certified OpenID Connect provider on a free port, for Pluma's tests. It prints its address and ends with
// its standard input. Whoever signs in as `ann;email=ann@example.org;verified` has those claims.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const client = {
  client_secret: 'the secret of a test',
  redirect_uris: ['http://localhost:8000/auth/test/callback'],
  grant_types: ['authorization_code'],
};

function claims(sub) {
  const [handle, ...parts] = sub.split(';');
  const told = Object.fromEntries(parts.map((part) => part.split('=')));
  return {
    sub,
    email: told.email,
    email_verified: told.email ? 'verified' in told : undefined,
    preferred_username: handle,
    name: told.name,
  };
}

const server = createServer().listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      { client_id: 'pluma', ...client },
      { client_id: 'another', ...client },
    ],
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'preferred_username'],
    },
    cookies: { keys: ['a key of a test'] },
    findAccount: (_, accountId) => ({ accountId, claims: () => claims(accountId) }),
  });
  server.on('request', provider.callback());
  console.log(issuer);
});

process.stdin.resume().on('end', () => process.exit());
