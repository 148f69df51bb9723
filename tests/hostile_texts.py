"""Texts that mean something in one language or another, for whatever quotes texts."""

from __future__ import annotations

from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
HOSTILE = [
    "\u2018; Remove-Item x #\u2019\u201a\u201b",
    "'; Remove-Item x #'",
    "x'@\n'@\nRemove-Item x\n@'",
    "\u0451\u0451",  # its second byte in UTF-8 is a quotation mark in Windows' code page
    '"\n}\nresource "x" "y" {}\n',
    "$${var.x} ${var.x} %%{if true} %{if true}",
    "[parameters('principalId')]",
    "[astro-peer until 2026-12-07]",
    "[[x]",
    "[x] y",
    "AFTER BEFORE BODY GUID NAME SAID SAYS REVIEWED THROUGH UNUSED LINE SEEN_FROM ROLE_FILE",
    '"principalId": ""',
    "\\u0027 \\ \\\\ \t\r\n\x00\u2028\u202e\U000e0041\U0001f600",
    "`$(Remove-Item x)",
    "<<EOT */ // #>",
]
