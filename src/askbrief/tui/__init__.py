"""The chat: questions and answers in a terminal, with the source beside them. Built on Textual."""
