"""Images in the playground: chosen, seen, sent as the contract's content parts, and kept in the tab only when small."""

import base64
import json
import struct
import zlib

from playwright.async_api import FilePayload, Page, expect

from tests.e2e.test_session_pages import enter
from tests.support.browser import IN_BROWSER, Watch
from tests.support.gateway import Gateway
from tests.support.looks import assert_accessible, take_pictures

pytestmark = IN_BROWSER

_SIDE = 48
_MEGABYTE = 1_000_000


def _png() -> bytes:
    """A square of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x20\x80\xc0" * _SIDE) * _SIDE
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


async def _open(page: Page, server: Gateway, model: str) -> None:
    await enter(page, server, f"/playground?model={model}")
    await expect(page.get_by_role("heading", name="Playground", level=1)).to_be_visible()


async def test_an_image_is_sent_beside_the_text(page: Page, app_server: Gateway, watch: Watch) -> None:
    # Nobody serves the model here; what is sent is seen all the same.
    watch.expect_status(503, "/console/v1/chat/completions")
    await _open(page, app_server, "baidu/ernie-4.5-turbo-vl-32k")
    image = FilePayload(name="square.png", mimeType="image/png", buffer=_png())
    chooser = page.get_by_label("Add images").first

    await chooser.set_input_files([image, image])
    await page.get_by_role("button", name="Remove image 2").click()

    await expect(page.get_by_role("list", name="Images to be sent").get_by_role("img")).to_have_count(1)
    await assert_accessible(page)
    await take_pictures(page, "playground-image")
    await page.get_by_label("Your message").fill("Which colour is this?")
    async with page.expect_request("**/console/v1/chat/completions") as sent:
        await page.keyboard.press("Control+Enter")
    body = json.loads((await sent.value).post_data or "")
    assert body["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Which colour is this?"},
                {
                    "type": "image_url",
                    "image_url": {"url": "data:image/png;base64," + base64.b64encode(_png()).decode()},
                },
            ],
        }
    ]
    await expect(page.get_by_role("region", name="Messages").get_by_role("img", name="Image 1")).to_be_visible()
    await expect(page.get_by_text("The call failed", exact=True)).to_be_visible()


async def test_a_file_that_cannot_be_sent_is_refused_in_words(page: Page, app_server: Gateway) -> None:
    await _open(page, app_server, "baidu/ernie-4.5-turbo-vl-32k")
    chooser = page.get_by_label("Add images").first

    await chooser.set_input_files(FilePayload(name="a.png", mimeType="image/png", buffer=bytes(3 * _MEGABYTE)))

    await expect(page.get_by_role("alert")).to_have_text(
        "The images of a conversation may have at most 2.5 MB together."
    )


async def test_a_model_without_eyes_is_offered_no_images(page: Page, app_server: Gateway) -> None:
    await _open(page, app_server, "baidu/ernie-x1-turbo-32k")

    await expect(page.get_by_role("button", name="Model: ERNIE X1 Turbo 32K")).to_be_visible()
    await expect(page.get_by_role("button", name="Add images")).to_be_hidden()
