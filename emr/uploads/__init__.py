"""What people send us as files: the one way in (UploadField) and the one way out (private_file).

handler.py limits a file while it comes in, kinds.py tells what it is by its content, pictures.py draws pictures anew,
papers.py looks into PDFs in a process of their own, scan.py asks a virus scanner, incoming.py puts it together.
Kept files are sealed under random names by EncryptedStorage (emr.encryption).
"""
