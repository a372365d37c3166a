"""The bridge's own words by language: one file each, all with the same texts and the same placeholders."""

from functions.handoff.languages import de, en, es, fr, hi, zh

BUILT_IN = {"en": en.TEXTS, "hi": hi.TEXTS, "zh": zh.TEXTS, "es": es.TEXTS, "fr": fr.TEXTS, "de": de.TEXTS}
"""Language → text id → text. English is the last resort, and the measure of completeness."""
