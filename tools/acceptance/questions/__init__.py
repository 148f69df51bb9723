"""All questions, in the order they are asked. Each is a function and what is to be said about it."""

from acceptance.answers import Question
from acceptance.questions import assignments, beside, principals, rights, roles, versions

ALL: tuple[Question, ...] = (
    *versions.QUESTIONS,
    *roles.QUESTIONS,
    *principals.QUESTIONS,
    *assignments.QUESTIONS,
    *rights.QUESTIONS,
    *beside.QUESTIONS,
)
