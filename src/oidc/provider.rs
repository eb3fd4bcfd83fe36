//! One provider: the question it is asked, and what makes its answer one.

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::{
    AccessTokenHash, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    Scope, SignatureVerificationError, TokenResponse,
};
use secrecy::ExposeSecret;
use url::Url;

use super::http::Client;
use super::metadata::Metadata;
use super::{Failure, Person};
use crate::config::OidcProvider;
use crate::error::{Error, Result};

/// The longest subject that the specification allows.
const LONGEST_SUBJECT: usize = 255;

/// A provider whose accounts may sign in.
pub struct Provider {
    config: OidcProvider,
    callback: RedirectUrl,
    metadata: Metadata,
    http: Client,
}

/// A question on its way: where the browser goes with it, and what the answer must fit.
pub struct Asked {
    /// Where the browser goes.
    pub url: Url,
    /// Comes back with the answer.
    pub state: String,
    /// Stands in the provider's token.
    pub nonce: String,
    /// Proves to the provider that who redeems the code is who asked (RFC 7636).
    pub verifier: String,
}

type Ready = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl Provider {
    pub(super) fn new(config: &OidcProvider, callback: Url, http: Client) -> Result<Self> {
        let issuer = IssuerUrl::new(config.issuer.clone()).map_err(Error::caused_by)?;
        Ok(Self {
            config: config.clone(),
            callback: RedirectUrl::from_url(callback),
            metadata: Metadata::new(issuer, http.clone()),
            http,
        })
    }

    /// Its name in addresses.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// What a button says.
    pub fn label(&self) -> &str {
        &self.config.label
    }

    /// The provider's own address.
    pub fn issuer(&self) -> &str {
        self.metadata.issuer().as_str()
    }

    /// Asks who somebody is: where to send the browser.
    pub async fn ask(&self) -> std::result::Result<Asked, Failure> {
        let metadata = self.metadata.read().await?;
        let client = self.client(&metadata);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .set_pkce_challenge(challenge);
        for scope in &self.config.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (url, state, nonce) = request.url();
        Ok(Asked {
            url,
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        })
    }

    /// Redeems the code of an answer, and makes sure that the token is the provider's, for this server, to
    /// the question with that nonce.
    pub async fn answer(
        &self,
        code: String,
        verifier: String,
        nonce: String,
    ) -> std::result::Result<Person, Failure> {
        let metadata = self.metadata.read().await?;
        let mut client = self.client(&metadata);
        let request = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| Failure::Down("it publishes no token endpoint".to_owned()))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier));
        let tokens = request.request_async(&self.http).await;
        let tokens = tokens.map_err(|error| match error {
            RequestTokenError::ServerResponse(said) => {
                Failure::Refused(format!("the code: {}", said.error().as_ref()))
            }
            other => Failure::Down(chain(&other)),
        })?;
        let token = tokens.id_token();
        let token = token.ok_or_else(|| Failure::Refused("there is no ID token".to_owned()))?;
        let nonce = Nonce::new(nonce);
        let person = match self.verify(&client, &metadata, token, &tokens, &nonce) {
            Err(Unbelievable::UnknownKey) => {
                let metadata = self.metadata.read_anew().await?;
                client = self.client(&metadata);
                self.verify(&client, &metadata, token, &tokens, &nonce)
            }
            verified => verified,
        };
        let mut person = person.map_err(|why| Failure::Refused(why.to_string()))?;
        if person.email.is_none() {
            self.look_up(&client, &tokens, &mut person).await?;
        }
        Ok(person)
    }

    fn client(&self, metadata: &CoreProviderMetadata) -> Ready {
        let secret = self.config.client_secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
        let id = ClientId::new(self.config.client_id.clone());
        let client = CoreClient::from_provider_metadata(metadata.clone(), id, secret)
            .set_redirect_uri(self.callback.clone());
        let ways = metadata.token_endpoint_auth_methods_supported();
        let has = |way| ways.is_some_and(|ways| ways.contains(&way));
        if has(CoreClientAuthMethod::ClientSecretPost)
            && !has(CoreClientAuthMethod::ClientSecretBasic)
        {
            client.set_auth_type(AuthType::RequestBody)
        } else {
            client
        }
    }

    /// Signature, issuer, audience, time and nonce, and that the access token belongs to it.
    fn verify(
        &self,
        client: &Ready,
        metadata: &CoreProviderMetadata,
        token: &CoreIdToken,
        tokens: &CoreTokenResponse,
        nonce: &Nonce,
    ) -> std::result::Result<Person, Unbelievable> {
        // The client's secret, which HS256 would sign with, is known to two.
        let algorithms = metadata.id_token_signing_alg_values_supported().iter();
        let algorithms = algorithms
            .filter(|algorithm| is_asymmetric(algorithm))
            .cloned();
        let verifier = client.id_token_verifier().set_allowed_algs(algorithms);
        let claims = token.claims(&verifier, nonce)?;
        if let Some(expected) = claims.access_token_hash() {
            let algorithm = token.signing_alg()?;
            let key = token.signing_key(&verifier)?;
            let found = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
            if found.ok().as_ref() != Some(expected) {
                return Err(Unbelievable::Claims(
                    "the access token is another".to_owned(),
                ));
            }
        }
        let subject = claims.subject().as_str();
        if subject.is_empty() || subject.len() > LONGEST_SUBJECT || !subject.is_ascii() {
            return Err(Unbelievable::Claims("the subject cannot be one".to_owned()));
        }
        let localized = |name: Option<&str>| name.map(str::to_owned);
        let handles = [
            claims.preferred_username().map(|name| name.to_string()),
            claims
                .nickname()
                .and_then(|name| name.get(None))
                .map(|name| name.to_string()),
        ];
        let name = claims.name().and_then(|name| name.get(None));
        Ok(Person {
            issuer: self.issuer().to_owned(),
            subject: subject.to_owned(),
            email: claims.email().map(|email| email.to_string()),
            email_verified: claims.email_verified() == Some(true),
            handles: handles.into_iter().flatten().collect(),
            name: localized(name.map(|name| name.as_str())),
        })
    }

    /// Asks for what many providers leave out of the token.
    async fn look_up(
        &self,
        client: &Ready,
        tokens: &CoreTokenResponse,
        person: &mut Person,
    ) -> std::result::Result<(), Failure> {
        let subject = openidconnect::SubjectIdentifier::new(person.subject.clone());
        let token = tokens.access_token().clone();
        let Ok(request) = client.user_info(token, Some(subject)) else {
            return Ok(());
        };
        let found: CoreUserInfoClaims = request
            .request_async(&self.http)
            .await
            .map_err(|error| Failure::Down(chain(&error)))?;
        person.email = found.email().map(|email| email.to_string());
        person.email_verified = found.email_verified() == Some(true);
        let preferred = found.preferred_username().map(|name| name.to_string());
        let nickname = found.nickname().and_then(|name| name.get(None));
        person.handles.extend(preferred);
        person.handles.extend(nickname.map(|name| name.to_string()));
        let name = found.name().and_then(|name| name.get(None));
        let name = name.map(|name| name.to_string());
        person.name = person.name.take().or(name);
        Ok(())
    }
}

/// What is wrong with a token.
#[derive(Debug, thiserror::Error)]
enum Unbelievable {
    #[error("it is signed with an unknown key")]
    UnknownKey,
    #[error("{0}")]
    Claims(String),
}

impl From<ClaimsVerificationError> for Unbelievable {
    fn from(error: ClaimsVerificationError) -> Self {
        match error {
            ClaimsVerificationError::SignatureVerification(error) => error.into(),
            other => Self::Claims(kind(&other).to_owned()),
        }
    }
}

impl From<SignatureVerificationError> for Unbelievable {
    fn from(error: SignatureVerificationError) -> Self {
        match error {
            SignatureVerificationError::NoMatchingKey => Self::UnknownKey,
            _ => Self::Claims("its signature is not good".to_owned()),
        }
    }
}

/// The claim that is wrong, without its value: the crate's own messages quote nonces and audiences.
fn kind(error: &ClaimsVerificationError) -> &'static str {
    match error {
        ClaimsVerificationError::Expired(_) => "it has expired",
        ClaimsVerificationError::InvalidAudience(_) => "its audience is another",
        ClaimsVerificationError::InvalidIssuer(_) => "its issuer is another",
        ClaimsVerificationError::InvalidNonce(_) => "its nonce is another",
        ClaimsVerificationError::InvalidSubject(_) => "its subject is another",
        _ => "its claims do not hold",
    }
}

fn is_asymmetric(algorithm: &CoreJwsSigningAlgorithm) -> bool {
    use CoreJwsSigningAlgorithm as Alg;
    !matches!(
        algorithm,
        Alg::None | Alg::HmacSha256 | Alg::HmacSha384 | Alg::HmacSha512
    )
}

/// An error with its causes, for the log.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text.chars().take(500).collect()
}
