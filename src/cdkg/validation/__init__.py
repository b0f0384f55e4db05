"""SHACL shapes and check queries over a graph, as one report whose results know their file and line."""

from cdkg.validation.checks import Check, read_checks
from cdkg.validation.report import Kind, Report, Result, Severity
from cdkg.validation.validate import Validation, validate

__all__ = ["Check", "Kind", "Report", "Result", "Severity", "Validation", "read_checks", "validate"]
