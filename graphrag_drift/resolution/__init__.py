"""What `resolve` decides by: the names of a corpus, rules that link them, homonyms, titles."""
