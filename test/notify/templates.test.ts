/** What the different receivers get. */
import { describe, expect, test } from "bun:test";
import { TEMPLATES } from "../../src/domain/notify.ts";
import { signed } from "../../src/notify/signature.ts";
import { bodyOf } from "../../src/notify/templates.ts";
import { notice } from "./facts.ts";

const SENDER = { host: "server1" };
const TEXT = "web:0 failed: <!channel> @everyone **x** [y](http://z)";

describe("a template", () => {
  test.each(TEMPLATES.map((template) => [template]))("%s is JSON that says what happened", (template) => {
    const body = bodyOf(template, "id1", notice("web", "web:0 failed"), SENDER);
    expect(JSON.parse(body)).toBeObject();
    expect(body).toContain("web:0 failed");
    expect(body).toContain("server1");
  });

  test("takes what a program wrote for no more than text", () => {
    const body = (template: (typeof TEMPLATES)[number]) =>
      bodyOf(template, "id1", notice("web", TEXT), SENDER);
    expect(body("slack")).toContain("&lt;!channel&gt;");
    expect(JSON.parse(body("discord"))).toMatchObject({ allowed_mentions: { parse: [] } });
    expect(body("discord")).not.toContain("](");
    expect(body("teams")).not.toContain("[y](");
  });

  test("of a chat is as short as the chat has it", () => {
    const long = notice("web", "x".repeat(10_000));
    expect(JSON.parse(bodyOf("discord", "id1", long, SENDER)).content.length).toBe(2000);
  });
});

test("a signature is as Standard Webhooks has it", () => {
  // the example of their specification
  const headers = signed(
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    '{"test": 2432232314}',
    1614265330,
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  );
  expect(headers).toEqual({
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});
