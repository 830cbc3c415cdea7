"""Forms of answers: the ranked sentences and the rows they stand in -> the items that a question of that form wants."""
