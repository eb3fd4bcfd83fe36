DROP TABLE propositions;
