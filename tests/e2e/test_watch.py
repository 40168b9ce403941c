"""The watch itself: what a browser complains of must fail a test, or every other test here says less than it seems."""

from playwright.async_api import Page, expect

from tests.support.browser import IN_BROWSER, Watch

pytestmark = IN_BROWSER

LACKING = "/v1/nothing"
FETCH = "path => fetch(path).then(answer => answer.text())"
GIVE_UP = """([method, path]) => {
  const control = new AbortController()
  const asked = fetch(path, { method, signal: control.signal }).catch(() => null)
  control.abort()
  return asked
}"""
THROW = "() => { setTimeout(() => { throw new Error('nobody caught me') }); Promise.reject(new Error('nor me')) }"
INLINE = """() => {
  const script = document.createElement('script')
  script.textContent = 'window.ran = true'
  document.body.append(script)
  document.body.insertAdjacentHTML('beforeend', '<p style="color: red">red</p><img src="https://example.com/1.png">')
}"""


async def complaints(watch: Watch, *wanted: str) -> str:
    """What the browser complains of, once all that is wanted has come; the watch forgets it."""
    await watch.until_told(*wanted)
    found = "\n".join(watch.complaints())
    watch.forget()
    return found


async def test_it_sees_refused_and_failed_requests(page: Page, watch: Watch) -> None:
    await page.goto("/app")
    origin = page.url.partition("/app")[0]
    await page.evaluate(FETCH, LACKING)
    await page.evaluate(GIVE_UP, ["POST", "/v1/keys"])

    await complaints(watch, f"404: GET {origin}{LACKING}", f"failed: POST {origin}/v1/keys: net::ERR_ABORTED")


async def test_a_page_may_be_left_while_it_reads(page: Page, watch: Watch) -> None:
    await page.goto("/app")
    origin = page.url.partition("/app")[0]
    await page.evaluate(GIVE_UP, ["GET", "/v1/models"])
    await page.evaluate(FETCH, LACKING)

    assert "ERR_ABORTED" not in await complaints(watch, f"404: GET {origin}{LACKING}")


async def test_it_sees_what_nobody_caught(page: Page, watch: Watch) -> None:
    await page.goto("/app")
    await page.evaluate(THROW)

    await complaints(watch, "uncaught: nobody caught me", "uncaught: nor me")


async def test_the_content_policy_stops_what_is_inline_or_elsewhere_and_the_watch_sees_it(
    page: Page, watch: Watch
) -> None:
    await page.goto("/app")
    await page.evaluate(INLINE)

    await expect(page.get_by_text("red", exact=True)).not_to_have_css("color", "rgb(255, 0, 0)")
    assert await page.evaluate("() => window.ran") is None
    await complaints(
        watch,
        "CSP violation: script-src-elem by inline",
        "CSP violation: style-src-attr by inline",
        "CSP violation: img-src by https://example.com/1.png",
        "request to another origin: GET https://example.com/1.png",
        "failed: GET https://example.com/1.png: csp",
    )


async def test_what_was_announced_is_no_complaint_but_must_come(page: Page, watch: Watch) -> None:
    watch.expect_status(404, LACKING)
    watch.expect_abort("/v1/keys")
    await page.goto("/app")
    await page.evaluate(FETCH, LACKING)
    await page.evaluate(GIVE_UP, ["POST", "/v1/keys"])
    await watch.until_seen()

    watch.expect_status(409, "/v1/.*")
    await page.evaluate("() => console.error('the last word')")

    assert await complaints(watch, "the last word") == "console: the last word\n409 at /v1/.* did not come"
