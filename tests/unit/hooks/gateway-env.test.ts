/** How the options of `createGateway` reach settings and object classes. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { parseConfig } from "../../../party/config/settings.ts";
import type { GatewayEnv as GatewayEnvClass, Options } from "../../../party/hooks/gateway-env.ts";
import { isSettingName } from "../../../party/hooks/setting-names.ts";

let module: typeof import("../../../party/hooks/gateway-env.ts");
const vars = { AUTH: "none", NEST_BASE: "http://127.0.0.1:8788" };

beforeEach(async () => {
  vi.resetModules();
  module = await import("../../../party/hooks/gateway-env.ts");
});

function gateway(options: Options = {}): GatewayEnvClass {
  const made = new module.GatewayEnv(options);
  module.register(made);
  return made;
}

test("[E6] a setting of the options holds until the Worker has a variable of that name", () => {
  const made = gateway({ settings: { MAX_QUEUED_TURNS: 3, KEEP_TURNS: 5 } });
  expect(made.of({ ...vars, KEEP_TURNS: "7" })).toMatchObject({ MAX_QUEUED_TURNS: 3, KEEP_TURNS: "7" });
});

test("the same environment in gives the same one out, so that settings are parsed once", () => {
  const made = gateway();
  expect(made.of(vars)).toBe(made.of(vars));
});

test("[E6] a setting that doesn't exist is a sentence that names it", async () => {
  const { parseConfig: parse } = await import("../../../party/config/settings.ts");
  const options = { settings: { MAX_QUED_TURNS: 3 } } as Options;
  expect(parse(gateway(options).of(vars), "localhost")).toEqual({
    ok: false,
    error: "MAX_QUED_TURNS isn't a setting. `settings` of createGateway takes the names of docs/settings.md.",
  });
});

test("an environment without a gateway has no hooks", () => {
  expect(parseConfig(vars, "localhost")).toMatchObject({ ok: true, value: { gateway: undefined, narrow: undefined } });
});

describe("an object", () => {
  class ChatRoom {}

  test("of a class that is bound to no gateway belongs to the only one", () => {
    const made = gateway({ settings: { KEEP_TURNS: 5 } });
    expect(module.envOfObject(ChatRoom, vars)).toBe(made.of(vars));
  });

  test("of a bound class, or of a class derived from it, belongs to that gateway", () => {
    const [one, two] = [gateway(), gateway()];
    class Bound extends ChatRoom {}
    module.bindClass(Bound, two);
    class Wrapped extends Bound {}
    expect(module.envOfObject(Wrapped, vars)).toBe(two.of(vars));
    expect(module.envOfObject(Wrapped, vars)).not.toBe(one.of(vars));
  });

  test("[E6] of an unbound class in a Worker with two gateways can't start, and says what to do", () => {
    gateway();
    gateway();
    expect(() => module.envOfObject(ChatRoom, vars)).toThrow(/export const \{ ChatRoom/);
  });

  test("in a Worker without a gateway has the environment as it is", () => {
    expect(module.envOfObject(ChatRoom, vars)).toBe(vars);
  });
});

test("a name of a setting is told from other names", () => {
  expect([isSettingName("NEST_BASE"), isSettingName("nest_base")]).toEqual([true, false]);
});
