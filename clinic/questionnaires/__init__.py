"""What a questionnaire is made of: its items, its answers, its score. Nothing here knows the database.

items.py reads and checks FHIR Questionnaire.item, answers.py what was given, scoring.py what a sum means, shipped.py
the questionnaires and texts to sign that come with the program (data/, texts/; each file names its source).
"""
