"""Bad input at scale: what every reader, answer and option must survive, and what is thrown at it.

Properties and the makers of input belong here; each crash that was found has its own small test
beside the tests of the reader that crashed.
"""
