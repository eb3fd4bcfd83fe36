DROP TABLE edit_proposals;
DROP TABLE chat_messages;
DROP TABLE chats;
DROP TABLE answers;
DROP TABLE transcript_pieces;
DROP TABLE transcripts;
