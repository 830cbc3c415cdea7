"""The embedded reader: every task answered from the words of the text itself, with no model and no network.

It selects and arranges sentences; it does not compose, infer or translate.
"""
