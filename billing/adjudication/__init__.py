"""What a payer's decision means for what is owed: pure rules, which know neither Django nor the database."""
