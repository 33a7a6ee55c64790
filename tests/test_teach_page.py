"""Pages of explanations without a browser: whole, safe, and the same every time."""

import json
import re

import numpy as np
import pytest
from page_cases import GEOMETRIES, whole, written_pages

from minigrad import nn
from minigrad.cli.main import main
from minigrad.teach.explain import VIEWS
from minigrad.teach.explain_layer import explain_layer
from minigrad.teach.page import assembled, embedded
from minigrad.teach.page.explained import SCENES

pytestmark = pytest.mark.end_to_end


def data_of(page):
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    return json.loads(text)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return written_pages(tmp_path_factory.mktemp("pages"))


@pytest.mark.parametrize("name", GEOMETRIES)
def test_a_page_is_whole_and_holds_the_trace(pages, name):
    path, explanation = pages[name]
    page = path.read_text(encoding="utf-8")
    assert not [word for word in ("://", " src=", "url(", "@import", "<a ") if word in page]
    assert page.count("<script") == page.count("</script>") == 2
    assert data_of(page)["trace"] == json.loads(explanation.trace.to_json())
    assert page == explanation.to_page("minigrad explain")


def test_every_view_with_a_figure_exists():
    known = {view for views in VIEWS.values() for view in views} | {"channels"}
    assert set(SCENES) <= known


def test_nothing_from_outside_can_end_the_script():
    evil = "</script><script>alert(1)</script><!--\u2028{{body}}"
    page = assembled(evil, "<p>{{data}}</p>", data={"a": evil, "b": [1, None]})
    assert page.count("<script") == page.count("</script>") == 2
    assert data_of(page) == {"a": evil, "b": [1, None]}
    assert "<title>&lt;/script&gt;" in page
    assert "<p>{{data}}</p>" in page, "a slot in a text is no slot"
    assert embedded("\u2029&") == '"\\u2029\\u0026"'


def test_the_command_stands_escaped_in_the_footer(tmp_path, capsys):
    path = tmp_path / "<b>.html"
    assert (
        main(["explain", "linear", "--input", "1 2", "--weight", "3 4", "--html", str(path)]) == 0
    )
    page = path.read_text(encoding="utf-8")
    assert "minigrad explain linear --input &#x27;1 2&#x27;" in page
    assert "<b>.html" not in page
    capsys.readouterr()


def test_a_layer_has_its_name_as_heading():
    layer = nn.Conv2d(6, 2, 3, padding=1)
    found = explain_layer(layer, whole(1, 6, 5, 5).astype(np.float32), (0, 2), 1, "<enc>")
    page = found.to_page()
    assert "<h1>&lt;enc&gt;</h1>" in page
    assert len(data_of(page)["scenes"][0]["arrays"][0]["shape"]) == 4


@pytest.mark.parametrize(
    ("arguments", "heading"),
    [
        (["cost", "colornet", "--size", "16", "--no-time"], "colornet"),
        (["summary", "colornet", "--size", "32x32"], "colornet"),
        (
            ["explain", "receptive_field", "--model", "colornet", "--size", "32x32"],
            "receptive field",
        ),
    ],
)
def test_pages_without_a_figure_are_of_the_same_family(tmp_path, capsys, arguments, heading):
    path = tmp_path / "page.html"
    assert main([*arguments, "--html", str(path)]) == 0
    page = path.read_text(encoding="utf-8")
    assert page.count("<h1>") == 1
    assert heading in page
    assert "theme-toggle" in page
    assert "://" not in page
    assert f"minigrad {arguments[0]} " in page.split("<footer>")[1]
    capsys.readouterr()
