"""What there is, what is wanted, and what follows from it: data and decisions, without I/O and without any SDK.

Every fact is decided here, once. What carries out, prints or exports takes it as it is.

place, objects -> observed    what Azure holds
procedure -> wanted           what a command is to bring about
role, assignment, principal, rights, access    the rules, one module for each thing they are about
plan                          wanted x observed -> changes and findings
result                        what a command ends with, whole or as far as it came
"""
