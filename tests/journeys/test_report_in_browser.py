"""The demo's report in a real browser: accessible by axe's rules, light and dark, narrow, enlarged and printed."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.full

# What Chromium needs to run as root in a container, and to leave the network alone.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LONG_NAME = "Clinic-" + "x" * 57  # the longest a clinic's name can be


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium; without one the tests are skipped, but not in CI."""
    program = os.environ.get("OUTCOMES_CHROMIUM") or shutil.which("chromium")
    if program is None:
        reason = "there is no Chromium: install it, or name it in OUTCOMES_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def demo_page(demo: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's report."""
    from analysis.report.quarterly import write_report
    from analysis.vocabulary.periods import parse_period

    return write_report(demo, period=parse_period("2026Q3"), out=tmp_path_factory.mktemp("browser") / "report")


@pytest.fixture(scope="module")
def awkward_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An internal report of all data on clinics with long names, one of them with almost nobody."""
    from made_up_clinics import People, write_clinics

    from analysis.intake.dataset import open_dataset
    from analysis.report.quarterly import write_report

    place = tmp_path_factory.mktemp("awkward")
    groups = (People(LONG_NAME, 40, end=8), People("South", 30, end=18), People("West", 1, end=None))
    dataset = open_dataset(write_clinics(place / "dataset", *groups, name="W" * 190, basis="limited-data-set"))
    return write_report(dataset, period=None, out=place / "report", audience="internal")


@pytest.fixture(params=["demo_page", "awkward_page"])
def page_file(request: pytest.FixtureRequest) -> Path:
    """Each of the two reports."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def shown(browser: Any) -> Iterator[Any]:
    """Open a report with every part unfolded, in a fresh context with the options of the test."""
    contexts = []

    def show(file: Path, *, width: int = 1280, unfolded: bool = True, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("request", lambda request: page.complaints.append(f"asked for {request.url[:80]}"))
        page.goto(file.as_uri())
        if unfolded:
            page.eval_on_selector_all("details", "parts => parts.forEach(part => part.open = true)")
        return page

    yield show
    for context in contexts:
        context.close()


def violations(page: Any) -> list[str]:
    """Run axe on the page as it stands; the page's own policy forbids scripts, so the context must bypass it."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {rule['help']}: {rule['nodes'][0]['html'][:200]}" for rule in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_no_violation(shown, page_file, scheme, width):
    page = shown(page_file, width=width, color_scheme=scheme, bypass_csp=True)
    assert violations(page) == []


def test_axe_is_awake(shown, demo_page):
    page = shown(demo_page, bypass_csp=True)
    page.eval_on_selector("img", "image => image.removeAttribute('alt')")
    assert any(found.startswith("image-alt") for found in violations(page))


@pytest.mark.parametrize("width", [320, 640])
def test_a_narrow_or_enlarged_page_does_not_scroll_sideways(shown, page_file, width):
    """640 points across are what is left of a window of 1280 at 200 % zoom."""
    page = shown(page_file, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide = page.eval_on_selector_all(
        "main *, header *, footer *",
        "all => all.filter(e => !e.closest('.scroll') && e.getBoundingClientRect().right > innerWidth + 1)"
        ".map(e => e.outerHTML.slice(0, 100))",
    )
    assert wide == []


def test_a_wide_table_scrolls_by_keyboard(shown, demo_page):
    page = shown(demo_page, width=320)
    region = page.locator(".scroll:has(table[data-csv=headline])")
    region.focus()
    before = region.evaluate("part => part.scrollLeft")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("([part, before]) => part.scrollLeft > before", arg=[region.element_handle(), before])


def test_dark_is_dark_and_light_is_light(shown, demo_page):
    def brightness(scheme: str) -> int:
        colour = shown(demo_page, color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))

    assert brightness("dark") < 150
    assert brightness("light") > 700


def test_the_skip_link_comes_first_and_leads_to_the_report(shown, demo_page):
    page = shown(demo_page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_page_asks_for_nothing_and_complains_of_nothing(shown, demo_page):
    page = shown(demo_page)
    assert [each for each in page.complaints if not each.startswith(("asked for data:", "asked for file:"))] == []
    assert sum(each.startswith("asked for file:") for each in page.complaints) == 1  # the page itself
    assert page.eval_on_selector_all("img", "all => all.every(image => image.naturalWidth > 500)")


def test_print_shows_what_is_folded(shown, demo_page):
    page = shown(demo_page, unfolded=False)
    table = page.locator("table[data-csv=by_maintenance]").first
    assert not table.is_visible()
    page.emulate_media(media="print")
    assert table.is_visible()
    assert not page.locator("nav").is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
