DROP TABLE spent_sign_ins;
DROP TABLE identities;
DROP TABLE email_tokens;
