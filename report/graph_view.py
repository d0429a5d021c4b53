"""The free-form view: a small service graph that an analyst can pull about, drawn by pyvis from safe numbers only.

pyvis writes a page that asks two outside hosts, has two empty headings and no words. `write_graph` takes its drawing
apart, keeps the inline scripts and styles, and builds a page round them that loads nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import networkx
from lxml import etree, html
from lxml.html import builder as E  # noqa: N812 -- lxml's own name for it

from totalplace.config.report import ReportRules
from totalplace.errors import ShapeError
from totalplace.report.disclosure.release import Release
from totalplace.report.explorer.lanes import LaneMap, place_services
from totalplace.report.files import place
from totalplace.report.inline import as_json, sha256_source, template
from totalplace.report.service_graph import safe_graph

# Contrast on white of at least 3.0; after six hues a dashed border and the lane tell agencies apart.
HUES = ("#12436D", "#28A197", "#801650", "#F46A25", "#A285D1", "#2073BC")
# Drawing measures in CSS pixels.
TEXT_SIZE = 14
BOX_PADDING = 16
THINNEST, THICKEST = 1.0, 6.0
ARROW_LENGTH = 22.0
LOADING_ATTRIBUTES = (
    "src", "href", "srcset", "data", "action", "formaction", "poster", "background", "cite", "manifest", "ping",
    "{http://www.w3.org/1999/xlink}href",
)  # fmt: skip


def write_graph(
    release: Release,
    path: Path,
    rules: ReportRules,
    title: str,
    synthetic: bool,
    force: bool = False,
    agencies: Sequence[tuple[str, str]] = (),
    explorer: str = "",
) -> None:
    """Write `graph.html`: agencies in lanes, services as boxes that can be moved, handoffs as straight arrows.

    Args:
        release: safe cells.
        path: the file to make.
        rules: most services and handoffs drawn.
        title: what the page is called.
        synthetic: the people are invented; the page says so.
        force: replace an existing file.
        agencies: (code, name) in the order of the lanes; others follow by code.
        explorer: name of the explorer that lies beside, for a link to it; "" = none does.

    Raises:
        UsageError: the file exists and `force` is not set.
        ShapeError: something in the page would load from outside.
    """
    place(path, graph_page(release, rules, title, synthetic, agencies, explorer).encode("utf-8"), force)


def graph_page(
    release: Release,
    rules: ReportRules,
    title: str,
    synthetic: bool,
    agencies: Sequence[tuple[str, str]] = (),
    explorer: str = "",
) -> str:
    """Return the page of `write_graph`; equal inputs give equal text."""
    whole = safe_graph(release)
    drawn = _largest(whole, rules)
    names = dict(agencies)
    lanes = _places(drawn, [code for code, _ in agencies])
    hidden = whole.number_of_nodes() - drawn.number_of_nodes(), whole.number_of_edges() - drawn.number_of_edges()
    scripts, styles = _drawing(drawn, lanes)
    begin = min(rules.max_map_handoffs, drawn.number_of_edges())
    scripts.append(template("graph.js").replace("__PLACE__", as_json(_for_script(drawn, lanes, names))))
    words = _words(release, drawn, hidden, synthetic, begin)
    page = _page(title, words, scripts, styles, _controls(drawn, begin), _tables(drawn, names))
    _refuse_loading(page)
    if explorer:  # after the check: a reader follows this address, the page does not load it
        page.find("body/header").append(E.A("Back to the explorer", href=f"{explorer}#page=journeys"))
    return "<!DOCTYPE html>\n" + html.tostring(page, encoding="unicode", method="html") + "\n"


def _largest(graph: networkx.DiGraph, rules: ReportRules) -> networkx.DiGraph:
    """Return the services and handoffs with most people, within the limits."""
    people = graph.nodes(data="people", default=0)
    services = sorted(people, key=lambda item: (-(item[1] or 0), item[0]))[: rules.max_graph_services]
    kept = graph.subgraph([service for service, _ in services])
    edges = sorted(kept.edges(data="people"), key=lambda edge: (-edge[2], edge[0], edge[1]))[: rules.max_graph_handoffs]
    drawn = networkx.DiGraph(**graph.graph)
    drawn.add_nodes_from((node, graph.nodes[node]) for node in sorted(kept.nodes))
    drawn.add_edges_from((a, b, graph.edges[a, b]) for a, b, _ in sorted(edges))
    return drawn


def _places(graph: networkx.DiGraph, agencies: Sequence[str]) -> LaneMap:
    services = {node: float(people or 0) for node, people in graph.nodes(data="people", default=0)}
    handoffs = {(a, b): float(people) for a, b, people in graph.edges(data="people")}
    return place_services(services, handoffs, agencies, len(services))


def _drawing(graph: networkx.DiGraph, lanes: LaneMap) -> tuple[list[str], list[str]]:
    """Return pyvis' inline scripts and styles, all that is kept of its page."""
    # Imported late: it costs half a second and brings IPython.
    from pyvis.network import Network

    net = Network(height=f"{lanes.height}px", width="100%", directed=True, cdn_resources="in_line")
    order = {lane.agency: at for at, lane in enumerate(lanes.lanes)}
    for spot in lanes.spots:
        data = graph.nodes[spot.service]
        net.add_node(spot.service, **_box(data, order[data["agency"]], spot.x, spot.y, spot.label_width))
    most = max((people for *_, people in graph.edges(data="people")), default=1)
    for start, end, data in graph.edges(data=True):
        net.add_edge(start, end, **_arrow(data, f"{start} to {end}", most))
    net.set_options(json.dumps(_options()))
    parsed = html.document_fromstring(net.generate_html())
    scripts = [e.text or "" for e in parsed.iter("script") if not e.get("src")]
    return scripts, [e.text or "" for e in parsed.iter("style")]


def _box(data: Mapping[str, Any], hue: int, x: int, y: int, width: int) -> dict[str, Any]:
    colour = HUES[hue % len(HUES)]
    people = f"{data['people']:,} people" if "people" in data else "people withheld"
    return {
        "label": _fitted(data["label"], width),
        "title": f"{data['label'][:120]}: {people}",
        "shape": "box",
        "x": x + width // 2,
        "y": y,
        "color": {"background": "#ffffff", "border": colour, "highlight": {"background": "#fff3d6", "border": colour}},
        "font": {"size": TEXT_SIZE, "color": "#1a1a1a", "face": "Arial, sans-serif"},
        "borderWidth": 2,
        "shapeProperties": {"borderDashes": [4, 3] if hue >= len(HUES) else False, "borderRadius": 3},
        "margin": {"top": 5, "bottom": 5, "left": BOX_PADDING // 2, "right": BOX_PADDING // 2},
        "physics": False,
    }


def _fitted(label: str, width: int) -> str:
    """Shorten a label to the width that its lane keeps for it; the whole label is in the tip and the table."""
    letters = max(3, int(width / (TEXT_SIZE * 0.5)))
    return label if len(label) <= letters else label[: letters - 1] + "…"


def _arrow(data: Mapping[str, Any], words: str, most: int) -> dict[str, Any]:
    width = round(THINNEST + (THICKEST - THINNEST) * (data["people"] / most) ** 0.7, 2)
    return {
        "title": f"{words}: {data['people']:,} people, {data['handoffs']:,} handoffs",
        "width": width,
        # vis.js lengthens an arrowhead with its line; this keeps them equal.
        "arrows": {"to": {"enabled": True, "scaleFactor": round((ARROW_LENGTH - 3 * width) / 15, 2)}},
        "color": {"color": "#5b7fa3", "opacity": 0.55, "highlight": "#12436D", "hover": "#12436D"},
    }


def _options() -> dict[str, Any]:
    return {
        "physics": {"enabled": False},
        "layout": {"randomSeed": 1, "improvedLayout": False},
        "edges": {"smooth": False, "selectionWidth": 1.5},
        "interaction": {"dragNodes": True, "zoomView": False, "dragView": False, "hover": True, "tooltipDelay": 100},
    }


def _for_script(graph: networkx.DiGraph, lanes: LaneMap, names: Mapping[str, str]) -> dict[str, Any]:
    rows = [
        [_agency_name(lane.agency, names), lane.top, lane.height, HUES[at % len(HUES)]]
        for at, lane in enumerate(lanes.lanes)
    ]
    ranked = [[a, b, data["handoffs"]] for a, b, data in _ranked(graph)]
    return {"lanes": rows, "width": lanes.width, "ranked": ranked, "traffic": _traffic(graph)}


def _traffic(graph: networkx.DiGraph) -> int:
    """Return all handoffs, those not drawn too where their number is shown, as the explorer counts them."""
    drawn = sum(handoffs for *_, handoffs in graph.edges(data="handoffs"))
    return max(drawn, int(graph.graph.get("handoffs", 0)))


def _ranked(graph: networkx.DiGraph) -> list[tuple[str, str, dict[str, Any]]]:
    """Return handoffs, most people first."""
    return sorted(graph.edges(data=True), key=lambda edge: (-edge[2]["people"], edge[0], edge[1]))


def _agency_name(code: str, names: Mapping[str, str]) -> str:
    return names.get(code) or code.replace("_", " ").capitalize()


def _words(
    release: Release, drawn: networkx.DiGraph, hidden: tuple[int, int], synthetic: bool, begin: int
) -> dict[str, str]:
    """Return the headline, the caption and the marking."""
    meta, ranked = release.cells.meta, _ranked(drawn)
    total = _traffic(drawn)
    share = round(100 * sum(data["handoffs"] for *_, data in ranked[:begin]) / total) if total else 0
    headline = f"{begin} of {len(ranked)} handoffs carry {share}% of the traffic."
    if not ranked:
        headline = "No handoff between services is made by enough people to be shown."
    caption = "A lane is an agency, a box a service, an arrow a handoff; its width grows with the people who make it. "
    caption += "Boxes can be dragged. Rare services and handoffs are folded or withheld and not drawn."
    if any(hidden):
        caption += f" Cut by volume: {hidden[0]} more services and {hidden[1]} more handoffs are not in this file."
    mark = "Synthetic: invented people. " if synthetic else ""
    mark += f"Disclosure-controlled: no number under {meta['min_cell']} people"
    mark += f", rounded to the nearest {meta['round_to']}." if meta["round_to"] > 1 else "."
    numbers = json.dumps({"min_cell": meta["min_cell"], "edition": meta["edition"]}, sort_keys=True)
    return {"headline": headline, "caption": caption, "marking": mark, "numbers": numbers}


def _controls(graph: networkx.DiGraph, begin: int) -> Any:
    most = str(graph.number_of_edges())
    span = {"min": "0", "max": most, "value": str(begin), "step": "1"}
    slider = E.INPUT(type="range", id="slider", **span)
    slider.set("aria-label", "Handoffs drawn, busiest first")
    number = E.INPUT(type="number", id="number", **span)
    label = E.LABEL("Handoffs drawn, busiest first")
    label.set("for", "number")
    return E.DIV(label, slider, number, E.SPAN(f"of {most}"), E.CLASS("controls"))


def _page(
    title: str,
    words: Mapping[str, str],
    scripts: Sequence[str],
    styles: Sequence[str],
    controls: Any,
    tables: Sequence[Any],
) -> Any:
    drawing = E.DIV(id="mynetwork", role="img")
    drawing.set("aria-label", words["headline"])
    headline = E.H1(words["headline"], id="headline")
    headline.set("aria-live", "polite")
    figure = E.E.figure(
        controls,
        E.DIV(drawing, E.CLASS("scroll"), tabindex="0", role="region", **{"aria-label": "Drawing, scrolls sideways"}),
        E.E.figcaption(words["caption"]),
        E.E.details(E.E.summary("The same numbers as tables"), *tables),
    )
    policy = E.META(content=_policy(scripts))
    policy.set("http-equiv", "Content-Security-Policy")
    numbers = E.META(name="totalplace", content=words["numbers"])
    view = E.META(name="viewport", content="width=device-width, initial-scale=1")
    head = E.HEAD(E.META(charset="utf-8"), policy, view, numbers, E.TITLE(title))
    head.extend(E.STYLE(text) for text in [*styles, template("graph.css")])
    header = E.E.header(E.P(title, E.CLASS("place")), E.P(words["marking"], E.CLASS("marking")))
    body = E.BODY(header, E.E.main(headline, figure, id="main"))
    body.extend(E.SCRIPT(text) for text in scripts)
    return E.HTML(head, body, lang="en-GB")


def _tables(graph: networkx.DiGraph, names: Mapping[str, str]) -> list[Any]:
    handoffs = [
        (_full(graph, a, names), _full(graph, b, names), d["people"], d["handoffs"]) for a, b, d in _ranked(graph)
    ]
    nodes = sorted(graph.nodes(data=True), key=lambda node: (-node[1].get("people", 0), node[0]))
    services = [(_full(graph, n, names), d.get("people", "withheld"), d.get("contacts", "withheld")) for n, d in nodes]
    return [
        _table("Handoffs", ("From", "To", "People", "Handoffs"), handoffs),
        _table("Services", ("Service", "People", "Contacts"), services),
    ]


def _full(graph: networkx.DiGraph, service: str, names: Mapping[str, str]) -> str:
    data = graph.nodes[service]
    return f"{_agency_name(data['agency'], names)}: {data['label']}"


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Any:
    head = E.TR(*(E.TH(text, scope="col") for text in heads))
    body = [E.TR(*(E.TD(f"{cell:,}" if isinstance(cell, int) else cell) for cell in row)) for row in rows]
    return E.TABLE(E.CAPTION(caption), E.THEAD(head), E.TBODY(*body))


def _policy(scripts: Iterable[str]) -> str:
    hashes = " ".join(f"'{sha256_source(text)}'" for text in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "form-action 'none'; base-uri 'none'"
    )


def _refuse_loading(page: Any) -> None:
    """Refuse a page in which anything but inline data could be loaded."""
    for element in page.iter(etree.Element):
        for name in LOADING_ATTRIBUTES:
            if not element.get(name, "data:").startswith(("data:", "#")):
                raise ShapeError("report.graph_view", f"attribute {name} of a {element.tag} loads from outside")
        if element.tag in ("link", "iframe", "object", "embed", "base"):
            raise ShapeError("report.graph_view", f"a {element.tag} may load from outside")
        text = (element.text or "") if element.tag == "style" else element.get("style", "")
        if "@import" in text or "url(" in text.replace("url(data:", "").replace('url("data:', "").replace(
            "url('data:", ""
        ):
            raise ShapeError("report.graph_view", "a style loads from outside")
