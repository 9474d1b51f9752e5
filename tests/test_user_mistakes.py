"""A misspelt or wrong option, name, member or file is an error that says where, what was expected, and what
may have been meant."""

from __future__ import annotations

import pytest

from antiphon.main import run
from antiphon_conformance import check, lint
from antiphon_conformance.options.error import OptionError
from antiphon_mockserver import MockServer, ScriptError, Settings
from antiphon_mockserver.settings import SettingError
from antiphon_spec.data import DataError

URL = "http://127.0.0.1:9/v1"
FILES = {
    "inptu.yaml": "answers:\n  - text: hello\n    when: {inptu: hi}\n",
    "anwsers.yaml": "anwsers:\n  - text: x\n",
    "number.yaml": "answers:\n  - text: 5\n",
    "list.yaml": "- text: x\n",
    "empty.yaml": "",
    "open.yaml": "answers: [\n",
    "world.yaml": "colections: {}\n",
    "profile.yaml": "nmae: x\n",
    "rule.yaml": "- {rule: stream-numbers.increas, reason: x}\n",
    "member.yaml": "- {rule: stream-numbers.increase, reson: x}\n",
    "scenario.yaml": "- {rule: stream-numbers.increase, reason: x, scenario: repeaat}\n",
    "dialect.yaml": "- {rule: stream-numbers.increase, reason: x, dialect: openia}\n",
    "notes.txt": "hello world\n",
    "other.json": '{"a": 1}\n',
    "traffic.jsonl": "",
    "both.yaml": "answers:\n  - {text: a, json: {}}\n",
    "latin.yaml": b"answers:\n  - text: h\xe9\n",
    "windows.jsonl": '{"request": 1}'.encode("utf-16"),
    "entry.yaml": "{rule: stream-numbers.increase, reason: x}\n",
    "run/report.jsonl": "",
}
MISTAKES = {
    "serv": "no such command: 'serv'; did you mean 'serve'?",
    "chek http://x": "did you mean 'check'?",
    "compare a b": "A: URL: expected a URL that starts with http:// or https://",
    "serve --scirpt inptu.yaml": "'--script'",
    "serve --script imptu.yaml": "File 'imptu.yaml' does not exist; did you mean 'inptu.yaml'?",
    "serve --port 0 --script inptu.yaml": "inptu.yaml#/answers/0/when/inptu (line 3): expected no such "
    "member, got 'hi'; did you mean `input`? (there are: model, input, ",
    "serve --port 0 --script anwsers.yaml": "did you mean `answers`? (there are: name, strict, answers)",
    "serve --port 0 --script number.yaml": "number.yaml#/answers/0/text (line 2): expected a string, got 5",
    "serve --port 0 --script list.yaml": "expected an object with the list under `answers:`",
    "serve --port 0 --script empty.yaml": "expected an object, got null",
    "serve --port 0 --script open.yaml": "open.yaml: expected YAML, got a text that is none at line",
    "serve --port 0 --dialect openia": "'openia'; did you mean 'openai'?",
    "serve --port 0 --mutant events.repeats-sequence-number": "did you mean 'events.repeats-a-",
    "serve --port 0 --variation state.counts-letter": "--variation: expected the id of a variation",
    "serve --port 0 --fault statsu=503": "got 'statsu'; did you mean 'status'?",
    "serve --port 0 --fault status=abc": "expected status= and a status from 400 to 599, got 'abc'",
    "serve --port 0 --dialect cloudglue --world cookin": "did you mean 'cooking'?",
    "serve --port 0 --dialect cloudglue --world world.yaml": "world.yaml#/colections (line 1): expected "
    "one of collections, files, name, title, got 'colections'; did you mean 'collections'?",
    "serve --port 0 --world cooking --dialect openai": "expected a dialect with a video library, got openai",
    "serve --port 0 --dialect cloudglue --reading missing-difers": "did you mean 'missing-differs'?",
    "serve --port 0 --dialect bud --prompts folder": "--prompts folder: expected a folder with YAML files",
    "serve --port 0 --store memry": "expected memory, memory:SIZE, sqlite:PATH or redis://..., got 'memry'",
    "serve --clock reel": "did you mean 'real'?",
    "serve --dialect-path foldr": "did you mean 'folder'?",
    f"check {URL} --dialect openia": "--dialect: expected one of azure, bud",
    f"check {URL} --rule stream-numbers.increas": "did you mean 'stream-numbers.increase'?",
    f"check {URL} --scenario repeaat": "did you mean 'repeat'?",
    f"check {URL} --rule STREAM-NUMBERS.INCREASE": "did you mean 'stream-numbers.increase'?",
    f"check {URL} --rule increase": "did you mean 'stream-numbers.increase'?",
    f"check {URL} --rule chaining": "names have it)",
    f"check {URL} --rule ENV-08": "'ENV-08', a requirement, which these check: stream-numbers.increase",
    f"check {URL} --rule xyzzy": "'xyzzy'; antiphon rules lists them",
    f"check {URL} --scenario xyzzy": "'xyzzy'; there are ",
    f"check {URL} --without repeaat": "did you mean 'repeat'?",
    f"check {URL} --feature no-backgruond": "did you mean 'background'?",
    f"check {URL} --baseline none.yaml": "none.yaml: expected a YAML file, got no such file",
    f"check {URL} --baseline rule.yaml": "rule.yaml[0]: expected the name of a rule, got "
    "'stream-numbers.increas'; did you mean 'stream-numbers.increase'?",
    f"check {URL} --baseline member.yaml": "got 'reson'; did you mean 'reason'?",
    f"check {URL} --baseline scenario.yaml": "got 'repeaat'; did you mean 'repeat'?",
    f"check {URL} --baseline dialect.yaml": "got 'openia'; did you mean 'openai'?",
    f"check {URL} --requirements openia@2.3.0": "did you mean 'openai@2.3.0'?",
    f"check {URL} --profile compatibel": "did you mean 'compatible'?",
    f"check {URL} --profile profile.yaml": "profile.yaml#/nmae (line 1): expected one of for, name, ",
    f"check {URL} --auth baerer": "expected bearer, header:NAME, query:NAME or none, got 'baerer'",
    f"check {URL} --header foo": "--header: expected 'NAME: VALUE'",
    f"check {URL} --dialect bud --resource promt=1": "did you mean 'prompt'?",
    f"check {URL} --api-key-env NO_SUCH_KEY": "--api-key-env NO_SUCH_KEY: expected a variable that is set",
    f"check {URL} --basline x": "'--baseline'",
    f"check {URL} --baseline entry.yaml": "got one entry; did you mean `- rule: ...`?",
    f"check {URL} --model=": "--model: expected the name of a model, got an empty text",
    f"check {URL} --profile folder": "--profile: expected one of compatible, identical, strict, or a YAML",
    f"check {URL} --timeout soon": "'soon' is no number",
    f"check {URL} --seed x": "'x' is no whole number",
    "check ws://127.0.0.1:9/v1": "got ws://127.0.0.1:9/v1; did you mean http://127.0.0.1:9/v1?",
    "check json:loads": "json:loads, which does not take (scope, receive, send); a WSGI application",
    "serve --port x": "'x' is no whole number",
    "serve --port 0 --script both.yaml": "both.yaml#/answers/0/json (line 2): expected one of text, json, "
    "refusal, error, got text and json",
    "serve --port 0 --script latin.yaml": "expected YAML, got a text that is not UTF-8",
    "lint http://127.0.0.1:9/v1": "; `antiphon check http://127.0.0.1:9/v1` judges a server",
    "lint windows.jsonl": "expected a text in UTF-8, got one in UTF-16",
    "report run --to html": "'run' is a directory; did you mean 'run/report.jsonl'?",
    "report other.json --to html": "expected a report.jsonl, got other JSON lines",
    "report run/report.jsonl --to html -o none/a.html": "got one in a folder that does not exist",
    f"check {URL} --repeat 0": "--repeat: expected more than 0, got 0",
    "check 127.0.0.1:9": "got 127.0.0.1:9; did you mean http://127.0.0.1:9?",
    "check nomodule:app": "No module named 'nomodule'",
    "lint trafic.jsonl": "did you mean 'traffic.jsonl'?",
    "lint notes.txt": "notes.txt: expected JSON lines, HAR, a VCR cassette",
    "lint other.json": "other.json: expected JSON lines, HAR, a VCR cassette",
    "lint notes.txt --dialect openia": "did you mean 'openai'?",
    "lint notes.txt --format jsno": "did you mean 'json'?",
    "report notes.txt --to htlm": "did you mean 'html'?",
    "report notes.txt --to html": "notes.txt:1: expected a JSON object, got not JSON",
    "report notes.txt --to html --transcripts folder": "--transcripts: expected --verify FOLDER beside it",
    "report notes.txt --verify folder": "--verify FOLDER: expected no RESULTS",
    "rules --dialect openia": "did you mean 'openai'?",
    "rules --fromat json": "'--format'",
    "explain stream-numbers.increas": "did you mean 'stream-numbers.increase'?",
    "spec bundel openai": "'bundle'",
    "spec bundle openia": "did you mean 'openai'?",
    "spec freeze openai --day yesterday --to folder": "expected a date as YYYY-MM-DD, got 'yesterday'",
    "proxy --target http://x --dialect openia": "did you mean 'openai'?",
}


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with these files, in which a person works."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("line", MISTAKES)
@pytest.mark.usefixtures("desk")
def test_a_mistake_on_the_command_line(line, capsys):
    assert run(line.split()) == 3
    out, err = capsys.readouterr()
    assert MISTAKES[line] in " ".join(err.split())
    assert "Traceback" not in err + out


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"script": ["one.yaml"]}, TypeError, "unknown setting 'script'; did you mean 'scripts'?"),
        ({"scripts": "one.yaml"}, TypeError, "scripts: expected a list, got 'one.yaml'"),
        (
            {"scripts": ["one.yaml"]},
            TypeError,
            "scripts: expected a list of paths or mappings",
        ),
        ({"dialect": "openia"}, DataError, "did you mean 'openai'?"),
        ({"mutants": "events.x"}, TypeError, "mutants: expected a list"),
        ({"mutants": ["events.repeats-sequence-number"]}, SettingError, "did you mean"),
        ({"faults": ["statsu=503"]}, SettingError, "did you mean 'status'?"),
        ({"seed": "1"}, TypeError, "seed: expected an integer, got '1'"),
        ({"clock": "reel"}, SettingError, "clock: expected virtual or real, got 'reel'"),
        ({"scripts": [{"anwsers": []}]}, ScriptError, "did you mean `answers`?"),
    ],
)
def test_a_mistake_in_the_settings_of_a_mock(settings, error, message):
    with pytest.raises(error) as raised:
        MockServer(Settings(), **settings).start()
    assert message in str(raised.value)


def test_a_name_where_the_settings_belong():
    with pytest.raises(TypeError, match="expected Settings, or keywords such as dialect='openai'; got 'bud'"):
        MockServer("bud")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answers", "error", "message"),
    [
        (
            ("one.yaml",),
            TypeError,
            "script: expected a mapping, or the Path of a script file",
        ),
        (([{"text": "x"}],), TypeError, "script: expected a mapping"),
        (({"txt": "x"},), ScriptError, "did you mean `text`?"),
        (({"when": {"inptu": "x"}, "text": "y"},), ScriptError, "did you mean `input`?"),
    ],
)
def test_a_mistake_in_a_script_of_a_test(responses_mock, answers, error, message):
    with pytest.raises(error) as raised:
        responses_mock.script(*answers)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"dialect": "openia"}, OptionError, "did you mean 'openai'?"),
        ({"rules": "stream-numbers.increase"}, TypeError, "rules: expected a list of strings"),
        ({"rules": ["stream-numbers.increas"]}, OptionError, "did you mean 'stream-numbers.increase'?"),
        ({"features": ["backgruond"]}, OptionError, "did you mean 'background'?"),
        ({"profile": "strikt"}, OptionError, "did you mean 'strict'?"),
        ({"repeat": "3"}, TypeError, "repeat: expected an integer, got '3'"),
    ],
)
def test_a_mistake_in_python(arguments, error, message):
    with pytest.raises(error) as raised:
        check(URL, **arguments)
    assert message in str(raised.value)


def test_a_byte_order_mark_is_no_mistake(tmp_path, capsys):
    """Windows writes one before a text."""
    line = (
        '{"id": "a", "request": {"method": "POST", "path": "/v1/responses", "headers": {}}, "response": null}'
    )
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + line.encode() + b"\r\n")
    assert run(["lint", str(tmp_path / "a.jsonl"), "--dialect", "openai"]) == 2
    assert "Error" not in capsys.readouterr().err


@pytest.mark.usefixtures("desk")
def test_a_dialect_that_lint_does_not_know():
    with pytest.raises(DataError, match="did you mean 'openai'"):
        lint("notes.txt", "openia")
