"""The paper claim: what stands in each box of a CMS-1500 (02/12), where it prints, and what it still lacks.

Pure: no tables, no requests, no clock. A claim is a :class:`~billing.cms1500.form.Form1500`; everything else here
reads one.
"""
