import { expect, test } from "bun:test";
import { Passwords } from "../../src/auth/passwords.ts";
import { TooManyError } from "../../src/domain/errors.ts";

test("nobody's password costs what anybody's does, and is never right", async () => {
  const passwords = new Passwords();
  const hash = await passwords.hash("correct horse");
  const asked: string[] = [];
  const { verify } = Bun.password;
  Bun.password.verify = (password, against, ...rest) => {
    asked.push(String(against));
    return verify.call(Bun.password, password, against, ...rest);
  };
  try {
    expect(await passwords.verify("correct horse", hash)).toBe(true);
    expect(await passwords.verify("wrong horse", hash)).toBe(false);
    expect(await passwords.verify("correct horse", null)).toBe(false);
  } finally {
    Bun.password.verify = verify;
  }
  const costs = asked.map((each) => each.split("$").slice(0, 4).join("$"));
  expect(costs).toEqual(Array(3).fill("$argon2id$v=19$m=65536,t=2,p=1"));
}, 20_000);

test("letters that look the same are the same", async () => {
  const passwords = new Passwords();
  expect(await passwords.verify("caf\u0065\u0301-horse", await passwords.hash("caf\u00e9-horse"))).toBe(true);
}, 20_000);

test("only so many are looked at or wait; whoever comes then is refused at once", async () => {
  const passwords = new Passwords();
  const gate = Promise.withResolvers<boolean>();
  const { verify } = Bun.password;
  let most = 0;
  let now = 0;
  Bun.password.verify = async () => {
    most = Math.max(most, ++now);
    await gate.promise;
    now--;
    return false;
  };
  try {
    const asked = Array.from({ length: 18 }, () => passwords.verify("x", null));
    await expect(passwords.verify("x", null)).rejects.toThrow(TooManyError);
    gate.resolve(true);
    expect(await Promise.all(asked)).toEqual(Array(18).fill(false));
    expect(most).toBe(2);
    expect(await passwords.verify("x", null)).toBe(false);
  } finally {
    Bun.password.verify = verify;
  }
});
