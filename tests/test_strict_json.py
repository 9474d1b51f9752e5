"""The strict JSON reader: accepted texts, and the name of each fault."""

from __future__ import annotations

import json

import orjson
import pytest

from antiphon_conformance.http import strict_json

CLEAN = [
    '{"a":1,"b":[{"a":1.0,"c":null}]}',
    '{"a" : 1 , "b":\n2}',
    '{"a":"\\u0022:","b":"\\u003a"}',
    '{"quote":"\\":\\":"}',
    '"\\ud83c\\udfb5"',
    "-0.0",
    "[" * 100 + "]" * 100,
    '["' + "[" * 200 + '"]',
    "123456789012345678901234567890",
    '{"\\u0061":1,"b":1}',
]
FAULTY = [
    ('{"a":1,"a":1}', ('duplicate key "a"',)),
    ('{"a" :1,"a":1}', ('duplicate key "a"',)),
    ('{"a":1,"\\u0061":1}', ('duplicate key "a"',)),
    ('{"a":"\\u0022:","b":1,"b":1}', ('duplicate key "b"',)),
    ('{"x":{"a":1,"b":2,"a":1}}', ('duplicate key "a"',)),
    ("NaN", ("NaN",)),
    ("[NaN]", ("NaN",)),
    ("[-Infinity, Infinity]", ("-Infinity", "Infinity")),
    ('"\\ud800"', ("lone surrogate",)),
    ('{"\\udfff":1}', ("lone surrogate",)),
    ("{} {}", ("another value after the first, at character 3",)),
    ("{} x", ("trailing text after the value, at character 2",)),
    ("\ufeff{}", ("byte order mark",)),
    (b'"\xff"', ("invalid UTF-8",)),
    ("", ("not JSON: empty",)),
    (" \n", ("not JSON: empty",)),
    ("{", ("not JSON: expecting property name enclosed in double quotes at character 1",)),
    ("[" * 100_000, ("not JSON: expecting ',' delimiter at character 104", "nested deeper than 100 levels")),
    ("[" * 101 + "]" * 101, ("nested deeper than 100 levels",)),
    ('{"a":' * 1500 + "[]" + "}" * 1500, ("nested deeper than 100 levels",)),
    ("[" * 101 + "NaN" + "]" * 101, ("nested deeper than 100 levels",)),
]


@pytest.mark.parametrize("text", CLEAN)
def test_clean(text):
    reading = strict_json.read(text)
    assert reading.faults == ()
    assert reading.valid


@pytest.mark.parametrize("text", [text for text in CLEAN if len(text) < 30 or "{" in text])
def test_agrees_with_the_standard_library(text):
    assert strict_json.read(text).value == json.loads(text)


@pytest.mark.parametrize(("text", "faults"), FAULTY)
def test_faults_are_named(text, faults):
    reading = strict_json.read(text)
    assert reading.faults == faults
    assert reading.valid is not faults[0].startswith("not JSON")


def test_a_value_with_faults_is_still_read():
    assert strict_json.read('{"a":1,"a":2}').value == {"a": 2}


def test_a_lone_surrogate_is_mended():
    assert strict_json.read('{"a\\ud800":["\\udfff"]}').value == {"a\ufffd": ["\ufffd"]}


BEYOND = [
    ("18446744073709551615", 18446744073709551615),
    ("18446744073709551616", 1.8446744073709552e19),
    ('{"a":1,"a":18446744073709551616}', {"a": 1.8446744073709552e19}),
    ("1e400", 1.7976931348623157e308),
    ("-1e400", -1.7976931348623157e308),
    ("9" * 5000, 1.7976931348623157e308),
    ("NaN", "NaN"),
    ("[-Infinity]", ["-Infinity"]),
    ("[" * 102 + "1" + "]" * 102, json.loads("[" * 100 + "null" + "]" * 100)),
]


@pytest.mark.parametrize(("text", "value"), BEYOND, ids=[text[:20] for text, _ in BEYOND])
def test_every_value_can_be_written(text, value):
    found = strict_json.read(text).value
    assert found == value
    assert strict_json.read(orjson.dumps(found)).value == value
