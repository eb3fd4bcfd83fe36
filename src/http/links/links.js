// The pages that mailed links lead to: they pass the token to the API once somebody presses the button, so
// that programs which look at every link in a mail use none up.
'use strict';

const operations = {
  verifyEmail: `mutation ($token: String!) { verifyEmail(token: $token) { errors { message } } }`,
  resetPassword: `mutation ($token: String!, $newPassword: String!) {
    resetPassword(token: $token, newPassword: $newPassword) { errors { message } } }`,
};
const done = {
  verifyEmail: 'Your address is verified.',
  resetPassword: 'Your password is changed, and you are signed in on this device alone.',
};

const form = document.querySelector('form');
const button = document.querySelector('button');
const status = document.querySelector('[role=status]');
const mutation = form.dataset.mutation;
const token = new URLSearchParams(location.hash.slice(1)).get('token');

// The token stays out of the history.
history.replaceState(null, '', location.pathname);
status.textContent = token ? '' : 'This link is not whole: copy all of it from the message.';
button.disabled = !token;

async function send(variables) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query: operations[mutation], variables }),
  });
  const { data, errors } = await response.json();
  return [...(errors ?? []), ...(data?.[mutation]?.errors ?? [])].map(({ message }) => message);
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  button.disabled = true;
  status.textContent = '…';
  try {
    const messages = await send({ token, ...Object.fromEntries(new FormData(form)) });
    status.textContent = messages.join(' ') || done[mutation];
    form.hidden = messages.length === 0;
    button.disabled = false;
  } catch {
    status.textContent = 'The server did not answer. Try again.';
    button.disabled = false;
  }
});
