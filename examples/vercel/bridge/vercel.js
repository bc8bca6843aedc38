// Made from edge/vercel.ts of edge-chat-gateway by "npm run build:edge".
var __defProp = Object.defineProperty;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __esm = (fn, res, err) => function __init() {
  if (err) throw err[0];
  try {
    return fn && (res = (0, fn[__getOwnPropNames(fn)[0]])(fn = 0)), res;
  } catch (e) {
    throw err = [e], e;
  }
};
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: true });
};

// node_modules/zod/v4/core/util.js
function getEnumValues(entries) {
  const numericValues = Object.values(entries).filter((v) => typeof v === "number");
  const values = Object.entries(entries).filter(([k, _]) => numericValues.indexOf(+k) === -1).map(([_, v]) => v);
  return values;
}
function jsonStringifyReplacer(_, value) {
  if (typeof value === "bigint")
    return value.toString();
  return value;
}
function cached(getter) {
  return new Cached(getter);
}
function nullish(input) {
  return input === null || input === void 0;
}
function cleanRegex(source) {
  const start = source.startsWith("^") ? 1 : 0;
  const end = source.endsWith("$") ? source.length - 1 : source.length;
  return source.slice(start, end);
}
function defineLazy(object2, key, getter) {
  let value = void 0;
  Object.defineProperty(object2, key, {
    get() {
      if (value === EVALUATING) {
        return void 0;
      }
      if (value === void 0) {
        value = EVALUATING;
        value = getter();
      }
      return value;
    },
    set(v) {
      Object.defineProperty(object2, key, {
        value: v
        // configurable: true,
      });
    },
    configurable: true
  });
}
function assignProp(target, prop, value) {
  Object.defineProperty(target, prop, {
    value,
    writable: true,
    enumerable: true,
    configurable: true
  });
}
function rawShape(def) {
  const desc = Object.getOwnPropertyDescriptor(def, "shape");
  return desc?.get ? desc.get.raw : desc?.value;
}
function isObject(data) {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}
function isPlainObject(o) {
  if (isObject(o) === false)
    return false;
  const ctor = o.constructor;
  if (ctor === void 0)
    return true;
  if (typeof ctor !== "function")
    return true;
  const prot = ctor.prototype;
  if (isObject(prot) === false)
    return false;
  if (Object.prototype.hasOwnProperty.call(prot, "isPrototypeOf") === false) {
    return false;
  }
  return true;
}
function shallowClone(o) {
  if (isPlainObject(o))
    return { ...o };
  if (Array.isArray(o))
    return [...o];
  if (o instanceof Map)
    return new Map(o);
  if (o instanceof Set)
    return new Set(o);
  return o;
}
function escapeRegex(str) {
  return str.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
function clone(inst, def, params2) {
  const cl = new inst._zod.constr(def ?? inst._zod.def);
  if (!def || params2?.parent)
    cl._zod.parent = inst;
  return cl;
}
function normalizeParams(_params) {
  const params2 = _params;
  if (!params2)
    return {};
  if (typeof params2 === "string")
    return { error: () => params2 };
  if (params2?.message !== void 0) {
    if (params2?.error !== void 0)
      throw new Error("Cannot specify both `message` and `error` params");
    params2.error = params2.message;
  }
  delete params2.message;
  if (typeof params2.error === "string")
    return { ...params2, error: () => params2.error };
  return params2;
}
function optionalKeys(shape) {
  return Object.keys(shape).filter((k) => {
    return shape[k]._zod.optin !== void 0 && shape[k]._zod.optout === "optional";
  });
}
function aborted(x, startIndex = 0) {
  if (x.aborted === true)
    return true;
  for (let i = startIndex; i < x.issues.length; i++) {
    if (x.issues[i]?.continue !== true) {
      return true;
    }
  }
  return false;
}
function explicitlyAborted(x, startIndex = 0) {
  if (x.aborted === true)
    return true;
  for (let i = startIndex; i < x.issues.length; i++) {
    if (x.issues[i]?.continue === false) {
      return true;
    }
  }
  return false;
}
function prefixIssues(path, issues) {
  return issues.map((iss) => {
    var _a3;
    (_a3 = iss).path ?? (_a3.path = []);
    iss.path.unshift(path);
    return iss;
  });
}
function unwrapMessage(message2) {
  return typeof message2 === "string" ? message2 : message2?.message;
}
function sizeCaps(defChecks) {
  const caps = [];
  for (const ch of defChecks ?? []) {
    const d = ch._zod.def;
    if (!/_(length|size)$|_equals$/.test(d.check))
      break;
    const max = d.maximum ?? d.length ?? d.size;
    if (max >= 0)
      caps.push([max, ch]);
  }
  return caps;
}
function attachSchema(issues, start, inst) {
  var _a3;
  for (let i = start; i < issues.length; i++) {
    (_a3 = issues[i]).schema ?? (_a3.schema = inst);
  }
}
function finalizeIssue(iss, ctx, config2) {
  var _a3;
  const traits = iss.inst?._zod?.traits;
  if (traits?.has("$ZodType")) {
    if (traits.has("$ZodCheck"))
      (_a3 = iss).schema ?? (_a3.schema = iss.inst);
    else
      iss.schema = iss.inst;
  }
  const schemaError = iss.schema !== iss.inst ? iss.schema?._zod.def?.error : void 0;
  const message2 = iss.message ? iss.message : unwrapMessage(iss.inst?._zod.def?.error?.(iss)) ?? unwrapMessage(schemaError?.(iss)) ?? unwrapMessage(ctx?.error?.(iss)) ?? unwrapMessage(config2.customError?.(iss)) ?? unwrapMessage(config2.localeError?.(iss)) ?? "Invalid input";
  const full = {};
  for (const k of Object.keys(iss)) {
    if (k === "inst" || k === "schema" || k === "continue" || k === "input" || k === "__proto__")
      continue;
    full[k] = iss[k];
  }
  full.path ?? (full.path = []);
  full.message = message2;
  if (ctx?.reportInput) {
    full.input = iss.input;
  }
  return full;
}
function codePointLength(str) {
  const units = str.length;
  if (!highSurrogate.test(str))
    return units;
  let count3 = units;
  for (let i = 0; i < units - 1; i++) {
    if ((str.charCodeAt(i) & 64512) === 55296 && (str.charCodeAt(i + 1) & 64512) === 56320) {
      count3--;
      i++;
    }
  }
  return count3;
}
function getLengthableOrigin(input) {
  if (Array.isArray(input))
    return "array";
  if (typeof input === "string")
    return "string";
  return "unknown";
}
function issue(...args) {
  const [iss, input, inst] = args;
  if (typeof iss === "string") {
    return {
      message: iss,
      code: "custom",
      input,
      inst
    };
  }
  return { ...iss };
}
function members(proto, table2) {
  for (const key in table2) {
    const desc = Object.getOwnPropertyDescriptor(table2, key);
    if (desc.get)
      Object.defineProperty(proto, key, { ...desc, enumerable: false });
    else
      defineBound(proto, key, desc.value);
  }
}
function own(inst, key, value, enumerable = true) {
  Object.defineProperty(inst, key, { configurable: true, writable: true, enumerable, value });
  return value;
}
function hide(inst, key, value) {
  return own(inst, key, value, false);
}
function defineBound(proto, key, fn) {
  Object.defineProperty(proto, key, {
    configurable: true,
    get() {
      return this == null ? fn : own(this, key, fn.bind(this));
    },
    set(value) {
      own(this, key, value);
    }
  });
}
function claim(inst, sentinel) {
  const proto = Object.getPrototypeOf(inst);
  return sentinel in proto ? void 0 : proto;
}
function defineLazyInternal(inst, key, compute) {
  const proto = Object.getPrototypeOf(inst._zod);
  if (key in proto && installing !== inst._zod) {
    installing = void 0;
    return;
  }
  installing = inst._zod;
  Object.defineProperty(proto, key, {
    configurable: true,
    get() {
      Object.defineProperty(this, key, breaker);
      const outer = broke;
      broke = false;
      try {
        const value = compute(this);
        if (broke)
          delete this[key];
        else
          Object.defineProperty(this, key, { configurable: true, writable: true, value });
        broke = broke || outer;
        return value;
      } catch (err) {
        delete this[key];
        broke = broke || outer;
        throw err;
      }
    },
    set(value) {
      Object.defineProperty(this, key, { configurable: true, writable: true, value });
    }
  });
}
function installLazyProp(inst, key, make, enumerable) {
  const proto = claim(inst, key);
  if (!proto)
    return;
  Object.defineProperty(proto, key, {
    configurable: true,
    get() {
      const desc = { configurable: true, writable: true, enumerable, value: void 0 };
      Object.defineProperty(this, key, desc);
      desc.value = make(this);
      Object.defineProperty(this, key, desc);
      return desc.value;
    },
    set(value) {
      Object.defineProperty(this, key, { configurable: true, writable: true, enumerable, value });
    }
  });
}
var Cached, EVALUATING, captureStackTrace, propertyKeyTypes, NUMBER_FORMAT_RANGES, highSurrogate, installing, broke, breaker;
var init_util = __esm({
  "node_modules/zod/v4/core/util.js"() {
    Cached = class {
      constructor(getter) {
        this._getter = getter;
        this._value = void 0;
      }
      get value() {
        const getter = this._getter;
        if (getter !== void 0) {
          this._value = getter();
          this._getter = void 0;
        }
        return this._value;
      }
    };
    EVALUATING = /* @__PURE__ */ Symbol("evaluating");
    captureStackTrace = "captureStackTrace" in Error ? Error.captureStackTrace : (..._args) => {
    };
    propertyKeyTypes = /* @__PURE__ */ new Set(["string", "number", "symbol"]);
    NUMBER_FORMAT_RANGES = /* @__PURE__ */ (() => ({
      safeint: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
      int32: [-2147483648, 2147483647],
      uint32: [0, 4294967295],
      float32: [-34028234663852886e22, 34028234663852886e22],
      float64: [-Number.MAX_VALUE, Number.MAX_VALUE]
    }))();
    highSurrogate = /[\uD800-\uDBFF]/;
    broke = false;
    breaker = {
      configurable: true,
      get() {
        broke = true;
        return void 0;
      }
    };
  }
});

// node_modules/zod/v4/core/core.js
function newError(Definition) {
  const E = _E;
  if (E) {
    const saved = E.stackTraceLimit;
    if (typeof saved === "number") {
      try {
        E.stackTraceLimit = 0;
      } catch {
        _E = null;
        return new Definition();
      }
      try {
        return new Definition();
      } finally {
        E.stackTraceLimit = saved;
      }
    }
  }
  return new Definition();
}
// @__NO_SIDE_EFFECTS__
function $constructor(name, initializer2, proto, params2) {
  const zodProto = {};
  function Internals(def) {
    this.def = def;
    this.constr = _;
    this.traits = /* @__PURE__ */ new Set();
  }
  Internals.prototype = zodProto;
  const protoMembers = proto;
  const initialized = protoMembers && /* @__PURE__ */ new WeakSet();
  function init(inst, def) {
    if (!inst._zod) {
      _zodDesc.value = new Internals(def);
      try {
        Object.defineProperty(inst, "_zod", _zodDesc);
      } finally {
        _zodDesc.value = void 0;
      }
    } else if (inst._zod.traits.has(name)) {
      return;
    }
    inst._zod.traits.add(name);
    initializer2(inst, def);
    if (initialized) {
      const own2 = Object.getPrototypeOf(inst);
      const ctorProto = inst._zod.constr.prototype;
      let up = own2;
      while (up && up !== ctorProto)
        up = Object.getPrototypeOf(up);
      const target = up ?? own2;
      if (!initialized.has(target)) {
        initialized.add(target);
        members(target, protoMembers);
      }
    }
    const proto2 = _.prototype;
    for (const k in proto2) {
      if (!Object.prototype.hasOwnProperty.call(proto2, k))
        continue;
      if (!(k in inst)) {
        inst[k] = proto2[k].bind(inst);
      }
    }
  }
  const Parent = params2?.Parent ?? Object;
  class Definition extends Parent {
  }
  Object.defineProperty(Definition, "name", { value: name });
  function _(def) {
    const inst = params2?.Parent ? newError(Definition) : this;
    init(inst, def);
    const deferred = inst._zod.deferred;
    if (deferred) {
      for (const fn of deferred) {
        fn();
      }
      inst._zod.deferred = void 0;
    }
    const pp = globalThis.__zod_globalConfig?.postProcessor;
    if (pp)
      pp(inst);
    return inst;
  }
  Object.defineProperty(_, "init", { value: init });
  Object.defineProperty(_, Symbol.hasInstance, {
    value: (inst) => {
      if (params2?.Parent && inst instanceof params2.Parent)
        return true;
      return inst?._zod?.traits?.has(name);
    }
  });
  Object.defineProperty(_, "name", { value: name });
  return _;
}
function config(newConfig) {
  if (newConfig)
    Object.assign(globalConfig, newConfig);
  return globalConfig;
}
var _a, _zodDesc, _E, $ZodAsyncError, globalConfig;
var init_core = __esm({
  "node_modules/zod/v4/core/core.js"() {
    init_util();
    _zodDesc = { value: void 0, enumerable: false };
    _E = "captureStackTrace" in Error ? Error : null;
    $ZodAsyncError = class extends Error {
      constructor() {
        super(`Encountered Promise during synchronous parse. Use .parseAsync() instead.`);
      }
    };
    (_a = globalThis).__zod_globalConfig ?? (_a.__zod_globalConfig = {});
    globalConfig = globalThis.__zod_globalConfig;
  }
});

// node_modules/zod/v4/core/errors.js
function _getMessage() {
  const internals = this._zod;
  internals.message ?? (internals.message = JSON.stringify(internals.def, jsonStringifyReplacer, 2));
  return internals.message;
}
function _setMessage(value) {
  this._zod.message = value;
}
var _messageDesc, _issuesDesc, _installedToString, initializer, $ZodError, $ZodRealError;
var init_errors = __esm({
  "node_modules/zod/v4/core/errors.js"() {
    init_core();
    init_util();
    _messageDesc = {
      get: _getMessage,
      set: _setMessage,
      enumerable: true,
      configurable: true
    };
    _issuesDesc = { value: void 0, enumerable: false };
    _installedToString = /* @__PURE__ */ new WeakSet([Object.prototype, Error.prototype]);
    initializer = (inst, def) => {
      inst.name = "$ZodError";
      _issuesDesc.value = def;
      Object.defineProperty(inst, "issues", _issuesDesc);
      _issuesDesc.value = void 0;
      Object.defineProperty(inst, "message", _messageDesc);
      const proto = Object.getPrototypeOf(inst);
      if (!_installedToString.has(proto)) {
        _installedToString.add(proto);
        Object.defineProperty(proto, "toString", {
          configurable: true,
          enumerable: false,
          get() {
            const value = () => this.message;
            Object.defineProperty(this, "toString", { value, configurable: true, writable: true });
            return value;
          },
          set(value) {
            Object.defineProperty(this, "toString", { value, configurable: true, writable: true });
          }
        });
      }
    };
    $ZodError = $constructor("$ZodError", initializer);
    $ZodRealError = $constructor("$ZodError", initializer, void 0, {
      Parent: Error
    });
  }
});

// node_modules/zod/v4/core/parse.js
function failure(Err, issues, ctx) {
  let error;
  return {
    success: false,
    get error() {
      if (!error) {
        error = new Err(issues.map((iss) => finalizeIssue(iss, ctx, config())));
        issues = void 0;
        ctx = void 0;
      }
      return error;
    },
    set error(e) {
      error = e;
      issues = void 0;
      ctx = void 0;
    }
  };
}
var _parse, parse, _parseAsync, parseAsync, _safeParse, safeParse, _safeParseAsync, safeParseAsync;
var init_parse = __esm({
  "node_modules/zod/v4/core/parse.js"() {
    init_core();
    init_errors();
    init_util();
    _parse = (_Err) => {
      const fn = (schema, value, _ctx, _params) => {
        const ctx = _ctx ? { ..._ctx, async: false } : { async: false };
        const result = schema._zod.run({ value, issues: [] }, ctx);
        if (result instanceof Promise) {
          throw new $ZodAsyncError();
        }
        if (result.issues.length) {
          const e = new (_params?.Err ?? _Err)(result.issues.map((iss) => finalizeIssue(iss, ctx, config())));
          captureStackTrace(e, _params?.callee ?? fn);
          throw e;
        }
        return result.value;
      };
      return fn;
    };
    parse = /* @__PURE__ */ _parse($ZodRealError);
    _parseAsync = (_Err) => {
      const fn = async (schema, value, _ctx, params2) => {
        const ctx = _ctx ? { ..._ctx, async: true } : { async: true };
        let result = schema._zod.run({ value, issues: [] }, ctx);
        if (result instanceof Promise)
          result = await result;
        if (result.issues.length) {
          const e = new (params2?.Err ?? _Err)(result.issues.map((iss) => finalizeIssue(iss, ctx, config())));
          captureStackTrace(e, params2?.callee ?? fn);
          throw e;
        }
        return result.value;
      };
      return fn;
    };
    parseAsync = /* @__PURE__ */ _parseAsync($ZodRealError);
    _safeParse = (_Err) => (schema, value, _ctx) => {
      const ctx = _ctx ? { ..._ctx, async: false } : { async: false };
      const result = schema._zod.run({ value, issues: [] }, ctx);
      if (result instanceof Promise) {
        throw new $ZodAsyncError();
      }
      return result.issues.length ? failure(_Err, result.issues, ctx) : { success: true, data: result.value };
    };
    safeParse = /* @__PURE__ */ _safeParse($ZodRealError);
    _safeParseAsync = (_Err) => async (schema, value, _ctx) => {
      const ctx = _ctx ? { ..._ctx, async: true } : { async: true };
      let result = schema._zod.run({ value, issues: [] }, ctx);
      if (result instanceof Promise)
        result = await result;
      return result.issues.length ? failure(_Err, result.issues, ctx) : { success: true, data: result.value };
    };
    safeParseAsync = /* @__PURE__ */ _safeParseAsync($ZodRealError);
  }
});

// node_modules/zod/v4/core/regexes.js
var httpProtocol, anyString, number, boolean, _null;
var init_regexes = __esm({
  "node_modules/zod/v4/core/regexes.js"() {
    httpProtocol = /^https?$/;
    anyString = /^[\s\S]{0,}$/;
    number = /^-?\d+(?:\.\d+)?$/;
    boolean = /^(?:true|false)$/i;
    _null = /^null$/i;
  }
});

// node_modules/zod/v4/core/checks.js
var $ZodCheck, _whenHasLength, numericOriginMap, $ZodCheckLessThan, $ZodCheckGreaterThan, $ZodCheckNumberFormat, $ZodCheckMaxLength, $ZodCheckMinLength, $ZodCheckStringFormat, $ZodCheckRegex;
var init_checks = __esm({
  "node_modules/zod/v4/core/checks.js"() {
    init_core();
    init_util();
    $ZodCheck = /* @__PURE__ */ $constructor("$ZodCheck", (inst, def) => {
      var _a3;
      inst._zod ?? (inst._zod = {});
      inst._zod.def = def;
      (_a3 = inst._zod).onattach ?? (_a3.onattach = []);
    });
    _whenHasLength = (payload) => {
      const val = payload.value;
      return !nullish(val) && val.length !== void 0;
    };
    numericOriginMap = {
      number: "number",
      bigint: "bigint",
      object: "date"
    };
    $ZodCheckLessThan = /* @__PURE__ */ $constructor("$ZodCheckLessThan", (inst, def) => {
      $ZodCheck.init(inst, def);
      const origin = numericOriginMap[typeof def.value];
      inst._zod.check = (payload) => {
        if (def.inclusive ? payload.value <= def.value : payload.value < def.value) {
          return;
        }
        payload.issues.push({
          origin: numericOriginMap[typeof payload.value] ?? origin,
          code: "too_big",
          maximum: typeof def.value === "object" ? def.value.getTime() : def.value,
          input: payload.value,
          inclusive: def.inclusive,
          inst,
          continue: !def.abort
        });
      };
    });
    $ZodCheckGreaterThan = /* @__PURE__ */ $constructor("$ZodCheckGreaterThan", (inst, def) => {
      $ZodCheck.init(inst, def);
      const origin = numericOriginMap[typeof def.value];
      inst._zod.check = (payload) => {
        if (def.inclusive ? payload.value >= def.value : payload.value > def.value) {
          return;
        }
        payload.issues.push({
          origin: numericOriginMap[typeof payload.value] ?? origin,
          code: "too_small",
          minimum: typeof def.value === "object" ? def.value.getTime() : def.value,
          input: payload.value,
          inclusive: def.inclusive,
          inst,
          continue: !def.abort
        });
      };
    });
    $ZodCheckNumberFormat = /* @__PURE__ */ $constructor("$ZodCheckNumberFormat", (inst, def) => {
      $ZodCheck.init(inst, def);
      def.format = def.format || "float64";
      const isInt = def.format?.includes("int");
      const origin = isInt ? "int" : "number";
      const [minimum, maximum] = NUMBER_FORMAT_RANGES[def.format];
      inst._zod.check = (payload) => {
        const input = payload.value;
        if (isInt) {
          if (!Number.isInteger(input)) {
            payload.issues.push({
              expected: origin,
              format: def.format,
              code: "invalid_type",
              continue: false,
              input,
              inst
            });
            return;
          }
          if (!Number.isSafeInteger(input)) {
            if (input > 0) {
              payload.issues.push({
                input,
                code: "too_big",
                maximum: Number.MAX_SAFE_INTEGER,
                note: "Integers must be within the safe integer range.",
                inst,
                origin,
                inclusive: true,
                continue: !def.abort
              });
            } else {
              payload.issues.push({
                input,
                code: "too_small",
                minimum: Number.MIN_SAFE_INTEGER,
                note: "Integers must be within the safe integer range.",
                inst,
                origin,
                inclusive: true,
                continue: !def.abort
              });
            }
            return;
          }
        }
        if (input < minimum) {
          payload.issues.push({
            origin: "number",
            input,
            code: "too_small",
            minimum,
            inclusive: true,
            inst,
            continue: !def.abort
          });
        }
        if (input > maximum) {
          payload.issues.push({
            origin: "number",
            input,
            code: "too_big",
            maximum,
            inclusive: true,
            inst,
            continue: !def.abort
          });
        }
      };
    });
    $ZodCheckMaxLength = /* @__PURE__ */ $constructor("$ZodCheckMaxLength", (inst, def) => {
      var _a3;
      $ZodCheck.init(inst, def);
      (_a3 = inst._zod.def).when ?? (_a3.when = _whenHasLength);
      inst._zod.check = (payload) => {
        const input = payload.value;
        const units = input.length;
        const length = typeof input === "string" && units > def.maximum ? codePointLength(input) : units;
        if (length <= def.maximum)
          return;
        const origin = getLengthableOrigin(input);
        payload.issues.push({
          origin,
          code: "too_big",
          maximum: def.maximum,
          inclusive: true,
          input,
          inst,
          continue: !def.abort
        });
      };
    });
    $ZodCheckMinLength = /* @__PURE__ */ $constructor("$ZodCheckMinLength", (inst, def) => {
      var _a3;
      $ZodCheck.init(inst, def);
      (_a3 = inst._zod.def).when ?? (_a3.when = _whenHasLength);
      inst._zod.check = (payload) => {
        const input = payload.value;
        const units = input.length;
        const length = typeof input === "string" && units >= def.minimum && units < def.minimum * 2 ? codePointLength(input) : units;
        if (length >= def.minimum)
          return;
        const origin = getLengthableOrigin(input);
        payload.issues.push({
          origin,
          code: "too_small",
          minimum: def.minimum,
          inclusive: true,
          input,
          inst,
          continue: !def.abort
        });
      };
    });
    $ZodCheckStringFormat = /* @__PURE__ */ $constructor("$ZodCheckStringFormat", (inst, def) => {
      var _a3, _b;
      $ZodCheck.init(inst, def);
      if (def.pattern)
        (_a3 = inst._zod).check ?? (_a3.check = (payload) => {
          def.pattern.lastIndex = 0;
          if (def.pattern.test(payload.value))
            return;
          payload.issues.push({
            origin: "string",
            code: "invalid_format",
            format: def.format,
            input: payload.value,
            ...def.pattern ? { pattern: def.pattern.toString() } : {},
            inst,
            continue: !def.abort
          });
        });
      else
        (_b = inst._zod).check ?? (_b.check = () => {
        });
    });
    $ZodCheckRegex = /* @__PURE__ */ $constructor("$ZodCheckRegex", (inst, def) => {
      $ZodCheckStringFormat.init(inst, def);
      inst._zod.check = (payload) => {
        def.pattern.lastIndex = 0;
        if (def.pattern.test(payload.value))
          return;
        payload.issues.push({
          origin: "string",
          code: "invalid_format",
          format: "regex",
          input: payload.value,
          pattern: def.pattern.toString(),
          inst,
          continue: !def.abort
        });
      };
    });
  }
});

// node_modules/zod/v4/core/doc.js
var init_doc = __esm({
  "node_modules/zod/v4/core/doc.js"() {
  }
});

// node_modules/zod/v4/core/versions.js
var version;
var init_versions = __esm({
  "node_modules/zod/v4/core/versions.js"() {
    version = {
      major: 4,
      minor: 6,
      patch: 7
    };
  }
});

// node_modules/zod/v4/core/schemas.js
async function validateAsync(inst, value) {
  const ctx = { async: true };
  return toStandardResult(await inst._zod.run({ value, issues: [] }, ctx), ctx);
}
function standardProps(inst) {
  return {
    validate: (value) => {
      const ctx = { async: false };
      try {
        const r = inst._zod.run({ value, issues: [] }, ctx);
        if (!(r instanceof Promise))
          return toStandardResult(r, ctx);
      } catch (_) {
      }
      return validateAsync(inst, value);
    },
    vendor: "zod",
    version: 1
  };
}
function canParseURL(input) {
  try {
    if (typeof URL !== "undefined" && typeof URL.canParse === "function")
      return URL.canParse(input);
    new URL(input);
    return true;
  } catch {
    return false;
  }
}
function validateURL(trimmed, def) {
  if (!("normalize" in def) && !("hostname" in def) && !("protocol" in def)) {
    return canParseURL(trimmed) || URL_UNPARSEABLE;
  }
  return parseURLObject(trimmed, def);
}
function parseURLObject(trimmed, def) {
  if (!def.normalize && def.protocol?.source === httpProtocol.source && !/^https?:\/\//i.test(trimmed)) {
    return URL_BAD_FORMAT;
  }
  try {
    if (typeof URL !== "undefined") {
      const URLStatic = URL;
      if (typeof URLStatic.parse === "function")
        return URLStatic.parse(trimmed) ?? URL_UNPARSEABLE;
    }
    return new URL(trimmed);
  } catch {
    return URL_UNPARSEABLE;
  }
}
function stripTabAndNewline(value) {
  return value.replace(asciiTabOrNewline, "");
}
function urlHostnameOk(url2, hostname) {
  hostname.lastIndex = 0;
  return hostname.test(url2.hostname);
}
function urlProtocolOk(url2, protocol) {
  protocol.lastIndex = 0;
  return protocol.test(url2.protocol.endsWith(":") ? url2.protocol.slice(0, -1) : url2.protocol);
}
function capSize(inst, size) {
  const caps = sizeCaps(inst._zod.def.checks);
  if (!caps.length)
    return;
  const cap = Math.min(...caps.map((c) => c[0]));
  const parse3 = inst._zod.parse;
  inst._zod.parse = (payload, ctx) => {
    const n = size(payload.value);
    if (n > cap && !ctx?.skipChecks && ctx?.direction !== "backward") {
      for (const [max, ch] of sizeCaps(inst._zod.def.checks)) {
        if (n > max && ch._zod.def.when(payload)) {
          const start = payload.issues.length;
          ch._zod.check(payload);
          payload.issues[start].continue = false;
          attachSchema(payload.issues, start, inst);
          return payload;
        }
      }
    }
    return parse3(payload, ctx);
  };
}
function handleArrayResult(result, final2, index) {
  if (result.issues.length) {
    final2.issues.push(...prefixIssues(index, result.issues));
  }
  final2.value[index] = result.value;
}
function handlePropertyResult(result, final2, key, input, optin, optout) {
  const isPresent = key in input;
  const isOptionalOut = optout === "optional";
  if (!isPresent && isOptionalOut && optin === "optional") {
    return;
  }
  if (result.issues.length) {
    if (optin !== void 0 && isOptionalOut && !isPresent) {
      return;
    }
    final2.issues.push(...prefixIssues(key, result.issues));
  }
  if (!isPresent && optin === void 0) {
    if (!result.issues.length) {
      final2.issues.push({
        code: "invalid_type",
        expected: "nonoptional",
        input: void 0,
        path: [key]
      });
    }
    return;
  }
  if (result.value === void 0) {
    if (isPresent || optin === "defaulted" && !isOptionalOut) {
      final2.value[key] = void 0;
    }
  } else {
    final2.value[key] = result.value;
  }
}
function normalizeDef(def) {
  const keys = Object.keys(def.shape);
  const ownSymbols = Object.getOwnPropertySymbols(def.shape);
  const symbolKeys = ownSymbols.length ? ownSymbols : NO_SYMBOL_KEYS;
  const allKeys = symbolKeys.length ? [...keys, ...symbolKeys] : keys;
  for (const k of allKeys) {
    if (!def.shape?.[k]?._zod?.traits?.has("$ZodType")) {
      throw new Error(`Invalid element at key "${String(k)}": expected a Zod schema`);
    }
  }
  const okeys = optionalKeys(def.shape);
  return {
    ...def,
    allKeys,
    symbolKeys,
    // string-only: handleCatchall matches it against `for...in`, which never yields a symbol
    keySet: new Set(keys),
    numKeys: keys.length,
    optionalKeys: new Set(okeys)
  };
}
function handleCatchall(proms, input, payload, ctx, def, inst, abortEarly) {
  const unrecognized = [];
  const keySet = def.keySet;
  const _catchall = def.catchall._zod;
  const t = _catchall.def.type;
  const optin = _catchall.optin;
  const optout = _catchall.optout;
  let seen = 0;
  for (const key in input) {
    if (abortEarly && payload.issues.length !== seen) {
      if (aborted(payload, seen))
        break;
      seen = payload.issues.length;
    }
    if (keySet.has(key))
      continue;
    if (key === "__proto__") {
      if (t === "never")
        unrecognized.push(key);
      continue;
    }
    if (t === "never") {
      unrecognized.push(key);
      continue;
    }
    const r = _catchall.run({ value: input[key], issues: [] }, ctx);
    if (r instanceof Promise) {
      proms.push(r.then((r2) => handlePropertyResult(r2, payload, key, input, optin, optout)));
    } else {
      handlePropertyResult(r, payload, key, input, optin, optout);
    }
  }
  if (unrecognized.length) {
    payload.issues.push({
      code: "unrecognized_keys",
      keys: unrecognized,
      input,
      inst,
      // Describes the shape of the input, not the validity of the parsed value, so it never aborts. The parse still fails; the schema's own checks just get to run first, and an enclosing intersection can reconcile the key against a sibling operand.
      continue: true
    });
  }
  if (!proms.length)
    return payload;
  return Promise.all(proms).then(() => {
    return payload;
  });
}
function handleUnionResults(results, final2, inst, ctx) {
  for (const result of results) {
    if (result.issues.length === 0) {
      final2.value = result.value;
      return final2;
    }
  }
  const nonaborted = results.filter((r) => !aborted(r));
  if (nonaborted.length === 1) {
    final2.value = nonaborted[0].value;
    return nonaborted[0];
  }
  final2.issues.push({
    code: "invalid_union",
    input: final2.value,
    inst,
    errors: results.map((result) => result.issues.map((iss) => finalizeIssue(iss, ctx, config())))
  });
  return final2;
}
function discriminatorMap(def) {
  const map = /* @__PURE__ */ new Map();
  for (const option of def.options) {
    const values = option._zod.propValues?.[def.discriminator];
    if (!values || values.size === 0)
      throw new Error(`Invalid discriminated union option at index "${def.options.indexOf(option)}"`);
    for (const value of values) {
      if (map.has(value)) {
        if (value !== void 0)
          throw new Error(`Duplicate discriminator value "${String(value)}"`);
        map.set(value, null);
      } else {
        map.set(value, option);
      }
    }
  }
  return map;
}
function handleOptionalResult(payload, result) {
  payload.value = result.issues.length ? void 0 : result.value;
  return payload;
}
function handleDefaultResult(payload, def) {
  if (payload.value === void 0) {
    payload.value = def.defaultValue;
  }
  return payload;
}
function handleReadonlyResult(payload) {
  if (!payload.memo)
    payload.value = Object.freeze(payload.value);
  return payload;
}
function handleRefineResult(result, payload, input, inst) {
  if (!result) {
    const _iss = {
      code: "custom",
      input,
      inst,
      // incorporates params.error into issue reporting
      path: [...inst._zod.def.path ?? []],
      // incorporates params.error into issue reporting
      continue: !inst._zod.def.abort
      // params: inst._zod.def.params,
    };
    if (inst._zod.def.params)
      _iss.params = inst._zod.def.params;
    payload.issues.push(issue(_iss));
  }
}
var $ZodType, toStandardResult, $ZodString, $ZodStringFormat, URL_BAD_FORMAT, URL_UNPARSEABLE, asciiTabOrNewline, $ZodURL, $ZodNumber, $ZodNumberFormat, $ZodBoolean, $ZodNull, $ZodUnknown, $ZodNever, arraySize, $ZodArray, NO_SYMBOL_KEYS, $ZodObject, $ZodUnion, $ZodDiscriminatedUnion, $ZodRecord, $ZodEnum, $ZodLiteral, $ZodOptional, $ZodExactOptional, $ZodNullable, $ZodDefault, $ZodReadonly, $ZodLazy, $ZodCustom;
var init_schemas = __esm({
  "node_modules/zod/v4/core/schemas.js"() {
    init_checks();
    init_core();
    init_regexes();
    init_util();
    init_versions();
    init_util();
    $ZodType = /* @__PURE__ */ $constructor("$ZodType", (inst, def) => {
      var _a3;
      inst ?? (inst = {});
      inst._zod.def = def;
      inst._zod.bag = inst._zod.bag || {};
      inst._zod.version = version;
      const defChecks = inst._zod.def.checks;
      const checks = inst._zod.traits.has("$ZodCheck") ? [inst, ...defChecks ?? []] : defChecks?.length ? [...defChecks] : [];
      for (const ch of checks) {
        for (const fn of ch._zod.onattach) {
          fn(inst);
        }
      }
      if (checks.length === 0) {
        (_a3 = inst._zod).deferred ?? (_a3.deferred = []);
        inst._zod.deferred?.push(() => {
          inst._zod.run = inst._zod.parse;
        });
      } else {
        const runChecks = (payload, checks2, ctx) => {
          if (payload.memo)
            return payload;
          let isAborted = aborted(payload);
          let asyncResult;
          for (const ch of checks2) {
            if (ch._zod.def.when) {
              if (explicitlyAborted(payload))
                continue;
              const shouldRun = ch._zod.def.when(payload);
              if (!shouldRun)
                continue;
            } else if (isAborted) {
              continue;
            }
            const currLen = payload.issues.length;
            const _ = ch._zod.check(payload);
            if (_ instanceof Promise && ctx?.async === false) {
              throw new $ZodAsyncError();
            }
            if (asyncResult || _ instanceof Promise) {
              asyncResult = (asyncResult ?? Promise.resolve()).then(async () => {
                await _;
                const nextLen = payload.issues.length;
                if (nextLen === currLen)
                  return;
                attachSchema(payload.issues, currLen, inst);
                if (!isAborted)
                  isAborted = aborted(payload, currLen);
              });
            } else {
              const nextLen = payload.issues.length;
              if (nextLen === currLen)
                continue;
              attachSchema(payload.issues, currLen, inst);
              if (!isAborted)
                isAborted = aborted(payload, currLen);
            }
          }
          if (asyncResult) {
            return asyncResult.then(() => {
              return payload;
            });
          }
          return payload;
        };
        const handleCanaryResult = (canary, payload, ctx) => {
          if (aborted(canary)) {
            canary.aborted = true;
            return canary;
          }
          const checkResult = runChecks(payload, checks, ctx);
          if (checkResult instanceof Promise) {
            if (ctx.async === false)
              throw new $ZodAsyncError();
            return checkResult.then((checkResult2) => inst._zod.parse(checkResult2, ctx));
          }
          return inst._zod.parse(checkResult, ctx);
        };
        inst._zod.run = (payload, ctx) => {
          if (ctx.skipChecks) {
            return inst._zod.parse(payload, ctx);
          }
          if (ctx.direction === "backward") {
            const canary = inst._zod.parse({ value: payload.value, issues: [] }, { ...ctx, skipChecks: true });
            if (canary instanceof Promise) {
              return canary.then((canary2) => {
                return handleCanaryResult(canary2, payload, ctx);
              });
            }
            return handleCanaryResult(canary, payload, ctx);
          }
          const result = inst._zod.parse(payload, ctx);
          if (result instanceof Promise) {
            if (ctx.async === false)
              throw new $ZodAsyncError();
            return result.then((result2) => runChecks(result2, checks, ctx));
          }
          return runChecks(result, checks, ctx);
        };
      }
    }, {
      // Wrappers extend this by installing a richer factory over it; reading it eagerly would defeat the laziness.
      get "~standard"() {
        return hide(this, "~standard", standardProps(this));
      },
      set "~standard"(value) {
        own(this, "~standard", value);
      }
    });
    toStandardResult = (r, ctx) => r.issues.length ? { issues: r.issues.map((iss) => finalizeIssue(iss, ctx, config())) } : { value: r.value };
    $ZodString = /* @__PURE__ */ $constructor("$ZodString", (inst, def) => {
      $ZodType.init(inst, def);
      inst._zod.pattern = def.pattern ?? anyString;
      inst._zod.parse = (payload, _) => {
        if (def.coerce)
          try {
            payload.value = String(payload.value);
          } catch (_2) {
          }
        if (typeof payload.value === "string")
          return payload;
        payload.issues.push({
          expected: "string",
          code: "invalid_type",
          input: payload.value,
          inst
        });
        return payload;
      };
    });
    $ZodStringFormat = /* @__PURE__ */ $constructor("$ZodStringFormat", (inst, def) => {
      $ZodCheckStringFormat.init(inst, def);
      $ZodString.init(inst, def);
    });
    URL_BAD_FORMAT = 1;
    URL_UNPARSEABLE = 2;
    asciiTabOrNewline = /[\t\n\r]/g;
    $ZodURL = /* @__PURE__ */ $constructor("$ZodURL", (inst, def) => {
      $ZodStringFormat.init(inst, def);
      inst._zod.check = (payload) => {
        try {
          const trimmed = payload.value.trim();
          const url2 = validateURL(trimmed, def);
          if (url2 === URL_BAD_FORMAT) {
            payload.issues.push({
              code: "invalid_format",
              format: "url",
              note: "Invalid URL format",
              input: payload.value,
              inst,
              continue: !def.abort
            });
            return;
          }
          if (url2 === URL_UNPARSEABLE) {
            payload.issues.push({
              code: "invalid_format",
              format: "url",
              input: payload.value,
              inst,
              continue: !def.abort
            });
            return;
          }
          if (url2 === true) {
            payload.value = stripTabAndNewline(trimmed);
            return;
          }
          if (def.hostname && !urlHostnameOk(url2, def.hostname)) {
            payload.issues.push({
              code: "invalid_format",
              format: "url",
              note: "Invalid hostname",
              pattern: def.hostname.source,
              input: payload.value,
              inst,
              continue: !def.abort
            });
          }
          if (def.protocol && !urlProtocolOk(url2, def.protocol)) {
            payload.issues.push({
              code: "invalid_format",
              format: "url",
              note: "Invalid protocol",
              pattern: def.protocol.source,
              input: payload.value,
              inst,
              continue: !def.abort
            });
          }
          payload.value = def.normalize ? url2.href : stripTabAndNewline(trimmed);
          return;
        } catch (_) {
          payload.issues.push({
            code: "invalid_format",
            format: "url",
            input: payload.value,
            inst,
            continue: !def.abort
          });
        }
      };
    });
    $ZodNumber = /* @__PURE__ */ $constructor("$ZodNumber", (inst, def) => {
      $ZodType.init(inst, def);
      inst._zod.pattern = number;
      inst._zod.parse = (payload, _ctx) => {
        if (def.coerce)
          try {
            payload.value = Number(payload.value);
          } catch (_) {
          }
        const input = payload.value;
        if (typeof input === "number" && !Number.isNaN(input) && Number.isFinite(input)) {
          return payload;
        }
        const received = typeof input === "number" ? Number.isNaN(input) ? "NaN" : !Number.isFinite(input) ? String(input) : void 0 : void 0;
        payload.issues.push({
          expected: "number",
          code: "invalid_type",
          input,
          inst,
          ...received ? { received } : {}
        });
        return payload;
      };
    });
    $ZodNumberFormat = /* @__PURE__ */ $constructor("$ZodNumberFormat", (inst, def) => {
      $ZodCheckNumberFormat.init(inst, def);
      $ZodNumber.init(inst, def);
    });
    $ZodBoolean = /* @__PURE__ */ $constructor("$ZodBoolean", (inst, def) => {
      $ZodType.init(inst, def);
      inst._zod.pattern = boolean;
      inst._zod.parse = (payload, _ctx) => {
        if (def.coerce)
          try {
            payload.value = Boolean(payload.value);
          } catch (_) {
          }
        const input = payload.value;
        if (typeof input === "boolean")
          return payload;
        payload.issues.push({
          expected: "boolean",
          code: "invalid_type",
          input,
          inst
        });
        return payload;
      };
    });
    $ZodNull = /* @__PURE__ */ $constructor("$ZodNull", (inst, def) => {
      $ZodType.init(inst, def);
      inst._zod.pattern = _null;
      inst._zod.values = /* @__PURE__ */ new Set([null]);
      inst._zod.parse = (payload, _ctx) => {
        const input = payload.value;
        if (input === null)
          return payload;
        payload.issues.push({
          expected: "null",
          code: "invalid_type",
          input,
          inst
        });
        return payload;
      };
    });
    $ZodUnknown = /* @__PURE__ */ $constructor("$ZodUnknown", (inst, def) => {
      $ZodType.init(inst, def);
      inst._zod.parse = (payload) => payload;
    });
    $ZodNever = /* @__PURE__ */ $constructor("$ZodNever", (inst, def) => {
      $ZodType.init(inst, def);
      inst._zod.parse = (payload, _ctx) => {
        payload.issues.push({
          expected: "never",
          code: "invalid_type",
          input: payload.value,
          inst
        });
        return payload;
      };
    });
    arraySize = (input) => Array.isArray(input) ? input.length : -1;
    $ZodArray = /* @__PURE__ */ $constructor("$ZodArray", (inst, def) => {
      $ZodType.init(inst, def);
      const memo = globalConfig.memoizer;
      memo?.attach(inst);
      inst._zod.parse = (payload, ctx) => {
        const input = payload.value;
        if (!Array.isArray(input)) {
          payload.issues.push({
            expected: "array",
            code: "invalid_type",
            input,
            inst
          });
          return payload;
        }
        payload.value = memo ? memo.alloc(inst, payload, Array(input.length), ctx) : Array(input.length);
        const proms = [];
        const abortEarly = ctx?.abortEarly;
        for (let i = 0; i < input.length; i++) {
          const item = input[i];
          const result = def.element._zod.run({
            value: item,
            issues: []
          }, ctx);
          if (result instanceof Promise) {
            proms.push(result.then((result2) => handleArrayResult(result2, payload, i)));
          } else {
            handleArrayResult(result, payload, i);
            if (abortEarly && result.issues.length !== 0 && aborted(result))
              break;
          }
        }
        if (proms.length) {
          return Promise.all(proms).then(() => payload);
        }
        return payload;
      };
      capSize(inst, arraySize);
    });
    NO_SYMBOL_KEYS = [];
    $ZodObject = /* @__PURE__ */ $constructor("$ZodObject", (inst, def) => {
      $ZodType.init(inst, def);
      const desc = Object.getOwnPropertyDescriptor(def, "shape");
      const sh = desc?.get ? desc.get.raw : def.shape ?? {};
      if (sh) {
        const get = () => {
          const newSh = { ...sh };
          Object.defineProperty(def, "shape", { value: newSh });
          get.raw = newSh;
          return newSh;
        };
        get.raw = sh;
        Object.defineProperty(def, "shape", { get });
      }
      const _normalized = cached(() => normalizeDef(def));
      defineLazyInternal(inst, "propValues", (zod) => {
        const shape = zod.def.shape;
        const propValues = {};
        for (const key in shape) {
          const field = shape[key]._zod;
          if (field.values) {
            if (!Object.prototype.hasOwnProperty.call(propValues, key)) {
              assignProp(propValues, key, /* @__PURE__ */ new Set());
            }
            for (const v of field.values)
              propValues[key].add(v);
            if (field.optin !== void 0)
              propValues[key].add(void 0);
          }
        }
        return propValues;
      });
      const isObject4 = isObject;
      const catchall = def.catchall;
      let value;
      const memo = globalConfig.memoizer;
      memo?.attach(inst);
      inst._zod.parse = (payload, ctx) => {
        value ?? (value = _normalized.value);
        const input = payload.value;
        if (!isObject4(input)) {
          payload.issues.push({
            expected: "object",
            code: "invalid_type",
            input,
            inst
          });
          return payload;
        }
        payload.value = memo ? memo.alloc(inst, payload, {}, ctx) : {};
        const proms = [];
        const shape = value.shape;
        const abortEarly = ctx?.abortEarly;
        let seen = payload.issues.length;
        for (const key of value.allKeys) {
          if (abortEarly && payload.issues.length !== seen) {
            if (aborted(payload, seen))
              break;
            seen = payload.issues.length;
          }
          if (key === "__proto__")
            continue;
          const el = shape[key];
          const optin = el._zod.optin;
          const optout = el._zod.optout;
          const r = el._zod.run({ value: input[key], issues: [] }, ctx);
          if (r instanceof Promise) {
            proms.push(r.then((r2) => handlePropertyResult(r2, payload, key, input, optin, optout)));
          } else {
            handlePropertyResult(r, payload, key, input, optin, optout);
          }
        }
        if (!catchall) {
          return proms.length ? Promise.all(proms).then(() => payload) : payload;
        }
        return handleCatchall(proms, input, payload, ctx, _normalized.value, inst, abortEarly === true);
      };
    });
    $ZodUnion = /* @__PURE__ */ $constructor("$ZodUnion", (inst, def) => {
      $ZodType.init(inst, def);
      defineLazyInternal(inst, "optin", (zod) => zod.def.options.some((o) => o._zod.optin === "defaulted") ? "defaulted" : zod.def.options.some((o) => o._zod.optin !== void 0) ? "optional" : void 0);
      defineLazyInternal(inst, "optout", (zod) => zod.def.options.some((o) => o._zod.optout === "optional") ? "optional" : void 0);
      defineLazyInternal(inst, "values", (zod) => {
        if (zod.def.options.every((o) => o._zod.values)) {
          return new Set(zod.def.options.flatMap((option) => Array.from(option._zod.values)));
        }
        return void 0;
      });
      defineLazyInternal(inst, "pattern", (zod) => {
        if (zod.def.options.every((o) => o._zod.pattern)) {
          const patterns = zod.def.options.map((o) => o._zod.pattern);
          return new RegExp(`^(${patterns.map((p) => cleanRegex(p.source)).join("|")})$`);
        }
        return void 0;
      });
      const first = def.options.length === 1 ? def.options[0]._zod.run : null;
      inst._zod.parse = (payload, ctx) => {
        if (first) {
          return first(payload, ctx);
        }
        let async = false;
        const results = [];
        for (const option of def.options) {
          const result = option._zod.run({
            value: payload.value,
            issues: []
          }, ctx);
          if (result instanceof Promise) {
            results.push(result);
            async = true;
          } else {
            if (result.issues.length === 0)
              return result;
            results.push(result);
          }
        }
        if (!async)
          return handleUnionResults(results, payload, inst, ctx);
        return Promise.all(results).then((results2) => {
          return handleUnionResults(results2, payload, inst, ctx);
        });
      };
    });
    $ZodDiscriminatedUnion = /* @__PURE__ */ $constructor("$ZodDiscriminatedUnion", (inst, def) => {
      def.inclusive = false;
      $ZodUnion.init(inst, def);
      const _super = inst._zod.parse;
      defineLazyInternal(inst, "propValues", (zod) => {
        const propValues = {};
        let undefinedCount = 0;
        for (const option of zod.def.options) {
          const pv = option._zod.propValues;
          if (!pv || Object.keys(pv).length === 0)
            throw new Error(`Invalid discriminated union option at index "${zod.def.options.indexOf(option)}"`);
          if (pv[zod.def.discriminator]?.has(void 0))
            undefinedCount++;
          for (const [k, v] of Object.entries(pv)) {
            if (!Object.prototype.hasOwnProperty.call(propValues, k)) {
              assignProp(propValues, k, /* @__PURE__ */ new Set());
            }
            for (const val of v) {
              propValues[k].add(val);
            }
          }
        }
        if (!zod.def.unionFallback && undefinedCount > 1)
          propValues[zod.def.discriminator]?.delete(void 0);
        return propValues;
      });
      def.options.forEach((option, i) => {
        const propShape = rawShape(option._zod.def);
        if (propShape && !Object.prototype.hasOwnProperty.call(propShape, def.discriminator)) {
          throw new Error(`Invalid discriminated union option at index "${i}"`);
        }
      });
      const disc = cached(() => discriminatorMap(def));
      inst._zod.parse = (payload, ctx) => {
        const input = payload.value;
        if (!isObject(input)) {
          payload.issues.push({
            code: "invalid_type",
            expected: "object",
            input,
            inst
          });
          return payload;
        }
        const value = input?.[def.discriminator];
        const opt = disc.value.get(value);
        if (opt && (value !== void 0 || ctx.direction !== "backward")) {
          return opt._zod.run(payload, ctx);
        }
        if (def.unionFallback || ctx.direction === "backward") {
          return _super(payload, ctx);
        }
        payload.issues.push({
          code: "invalid_union",
          errors: [],
          note: "No matching discriminator",
          discriminator: def.discriminator,
          options: Array.from(disc.value.keys()).filter((value2) => disc.value.get(value2) !== null),
          input,
          path: [def.discriminator],
          inst
        });
        return payload;
      };
    });
    $ZodRecord = /* @__PURE__ */ $constructor("$ZodRecord", (inst, def) => {
      $ZodType.init(inst, def);
      const memo = globalConfig.memoizer;
      memo?.attach(inst);
      inst._zod.parse = (payload, ctx) => {
        const input = payload.value;
        if (!isPlainObject(input)) {
          payload.issues.push({
            expected: "record",
            code: "invalid_type",
            input,
            inst
          });
          return payload;
        }
        const proms = [];
        const values = def.keyType._zod.values;
        if (values && !def.partial) {
          payload.value = memo ? memo.alloc(inst, payload, {}, ctx) : {};
          const recordKeys = /* @__PURE__ */ new Set();
          for (const key of values) {
            if (typeof key === "string" || typeof key === "number" || typeof key === "symbol") {
              recordKeys.add(typeof key === "number" ? key.toString() : key);
              if (key === "__proto__")
                continue;
              const keyResult = def.keyType._zod.run({ value: key, issues: [] }, ctx);
              if (keyResult instanceof Promise) {
                throw new Error("Async schemas not supported in object keys currently");
              }
              if (keyResult.issues.length) {
                payload.issues.push({
                  code: "invalid_key",
                  origin: "record",
                  issues: keyResult.issues.map((iss) => finalizeIssue(iss, ctx, config())),
                  input: key,
                  path: [key],
                  inst
                });
                continue;
              }
              const outKey = keyResult.value;
              if (outKey === "__proto__")
                continue;
              const result = def.valueType._zod.run({ value: input[key], issues: [] }, ctx);
              if (result instanceof Promise) {
                proms.push(result.then((result2) => {
                  if (result2.issues.length) {
                    payload.issues.push(...prefixIssues(key, result2.issues));
                  }
                  payload.value[outKey] = result2.value;
                }));
              } else {
                if (result.issues.length) {
                  payload.issues.push(...prefixIssues(key, result.issues));
                }
                payload.value[outKey] = result.value;
              }
            }
          }
          let unrecognized;
          for (const key in input) {
            if (!recordKeys.has(key)) {
              if (def.mode === "loose") {
                if (key === "__proto__")
                  continue;
                payload.value[key] = input[key];
              } else {
                unrecognized = unrecognized ?? [];
                unrecognized.push(key);
              }
            }
          }
          if (unrecognized && unrecognized.length > 0) {
            payload.issues.push({
              code: "unrecognized_keys",
              input,
              inst,
              keys: unrecognized,
              continue: true
            });
          }
        } else {
          payload.value = memo ? memo.alloc(inst, payload, {}, ctx) : {};
          let unrecognized;
          for (const key of Reflect.ownKeys(input)) {
            if (key === "__proto__")
              continue;
            if (!Object.prototype.propertyIsEnumerable.call(input, key))
              continue;
            let keyResult = def.keyType._zod.run({ value: key, issues: [] }, ctx);
            if (keyResult instanceof Promise) {
              throw new Error("Async schemas not supported in object keys currently");
            }
            const checkNumericKey = typeof key === "string" && number.test(key) && keyResult.issues.length;
            if (checkNumericKey) {
              const retryResult = def.keyType._zod.run({ value: Number(key), issues: [] }, ctx);
              if (retryResult instanceof Promise) {
                throw new Error("Async schemas not supported in object keys currently");
              }
              if (retryResult.issues.length === 0) {
                keyResult = retryResult;
              }
            }
            if (keyResult.issues.length) {
              if (def.mode === "loose") {
                payload.value[key] = input[key];
              } else if (values) {
                unrecognized = unrecognized ?? [];
                unrecognized.push(key);
              } else {
                payload.issues.push({
                  code: "invalid_key",
                  origin: "record",
                  issues: keyResult.issues.map((iss) => finalizeIssue(iss, ctx, config())),
                  input: key,
                  path: [key],
                  inst
                });
              }
              continue;
            }
            const outKey = keyResult.value;
            if (outKey === "__proto__")
              continue;
            const result = def.valueType._zod.run({ value: input[key], issues: [] }, ctx);
            if (result instanceof Promise) {
              proms.push(result.then((result2) => {
                if (result2.issues.length) {
                  payload.issues.push(...prefixIssues(key, result2.issues));
                }
                payload.value[outKey] = result2.value;
              }));
            } else {
              if (result.issues.length) {
                payload.issues.push(...prefixIssues(key, result.issues));
              }
              payload.value[outKey] = result.value;
            }
          }
          if (unrecognized && unrecognized.length > 0) {
            payload.issues.push({
              code: "unrecognized_keys",
              input,
              inst,
              keys: unrecognized,
              continue: true
            });
          }
        }
        if (proms.length) {
          return Promise.all(proms).then(() => payload);
        }
        return payload;
      };
    });
    $ZodEnum = /* @__PURE__ */ $constructor("$ZodEnum", (inst, def) => {
      $ZodType.init(inst, def);
      const values = getEnumValues(def.entries);
      const valuesSet = new Set(values);
      inst._zod.values = valuesSet;
      defineLazyInternal(inst, "pattern", (zod) => {
        const patternValues = getEnumValues(zod.def.entries).filter((k) => propertyKeyTypes.has(typeof k));
        return new RegExp(patternValues.length ? `^(${patternValues.map((o) => escapeRegex(o.toString())).join("|")})$` : "^[^\\s\\S]$");
      });
      inst._zod.parse = (payload, _ctx) => {
        const input = payload.value;
        if (valuesSet.has(input)) {
          return payload;
        }
        payload.issues.push({
          code: "invalid_value",
          values,
          input,
          inst
        });
        return payload;
      };
    });
    $ZodLiteral = /* @__PURE__ */ $constructor("$ZodLiteral", (inst, def) => {
      $ZodType.init(inst, def);
      const values = new Set(def.values);
      inst._zod.values = values;
      defineLazyInternal(inst, "pattern", (zod) => {
        const vals = zod.def.values;
        return new RegExp(vals.length ? `^(${vals.map((o) => typeof o === "string" ? escapeRegex(o) : o ? escapeRegex(o.toString()) : String(o)).join("|")})$` : "^[^\\s\\S]$");
      });
      inst._zod.parse = (payload, _ctx) => {
        const input = payload.value;
        if (values.has(input)) {
          return payload;
        }
        payload.issues.push({
          code: "invalid_value",
          values: def.values,
          input,
          inst
        });
        return payload;
      };
    });
    $ZodOptional = /* @__PURE__ */ $constructor("$ZodOptional", (inst, def) => {
      $ZodType.init(inst, def);
      defineLazyInternal(inst, "optin", (zod) => zod.def.innerType._zod.optin === "defaulted" ? "defaulted" : "optional");
      inst._zod.optout = "optional";
      defineLazyInternal(inst, "values", (zod) => {
        const values = zod.def.innerType._zod.values;
        return values ? /* @__PURE__ */ new Set([...values, void 0]) : void 0;
      });
      defineLazyInternal(inst, "pattern", (zod) => {
        const pattern2 = zod.def.innerType._zod.pattern;
        return pattern2 ? new RegExp(`^(${cleanRegex(pattern2.source)})?$`) : void 0;
      });
      inst._zod.parse = (payload, ctx) => {
        if (payload.value === void 0) {
          if (def.innerType._zod.optin !== "defaulted")
            return payload;
          const result = def.innerType._zod.run({ value: payload.value, issues: [] }, ctx);
          if (result instanceof Promise)
            return result.then((result2) => handleOptionalResult(payload, result2));
          return handleOptionalResult(payload, result);
        }
        return def.innerType._zod.run(payload, ctx);
      };
    });
    $ZodExactOptional = /* @__PURE__ */ $constructor("$ZodExactOptional", (inst, def) => {
      $ZodOptional.init(inst, def);
      defineLazyInternal(inst, "values", (zod) => zod.def.innerType._zod.values);
      defineLazyInternal(inst, "pattern", (zod) => zod.def.innerType._zod.pattern);
      inst._zod.parse = (payload, ctx) => {
        return def.innerType._zod.run(payload, ctx);
      };
    });
    $ZodNullable = /* @__PURE__ */ $constructor("$ZodNullable", (inst, def) => {
      $ZodType.init(inst, def);
      defineLazyInternal(inst, "optin", (zod) => zod.def.innerType._zod.optin);
      defineLazyInternal(inst, "optout", (zod) => zod.def.innerType._zod.optout);
      defineLazyInternal(inst, "pattern", (zod) => {
        const pattern2 = zod.def.innerType._zod.pattern;
        return pattern2 ? new RegExp(`^(${cleanRegex(pattern2.source)}|null)$`) : void 0;
      });
      defineLazyInternal(inst, "values", (zod) => {
        return zod.def.innerType._zod.values ? /* @__PURE__ */ new Set([...zod.def.innerType._zod.values, null]) : void 0;
      });
      inst._zod.parse = (payload, ctx) => {
        if (payload.value === null)
          return payload;
        return def.innerType._zod.run(payload, ctx);
      };
    });
    $ZodDefault = /* @__PURE__ */ $constructor("$ZodDefault", (inst, def) => {
      $ZodType.init(inst, def);
      inst._zod.optin = "defaulted";
      defineLazyInternal(inst, "values", (zod) => zod.def.innerType._zod.values);
      inst._zod.parse = (payload, ctx) => {
        if (ctx.direction === "backward") {
          return def.innerType._zod.run(payload, ctx);
        }
        if (payload.value === void 0) {
          payload.value = def.defaultValue;
          return payload;
        }
        const result = def.innerType._zod.run(payload, ctx);
        if (result instanceof Promise) {
          return result.then((result2) => handleDefaultResult(result2, def));
        }
        return handleDefaultResult(result, def);
      };
    });
    $ZodReadonly = /* @__PURE__ */ $constructor("$ZodReadonly", (inst, def) => {
      $ZodType.init(inst, def);
      defineLazyInternal(inst, "propValues", (zod) => zod.def.innerType._zod.propValues);
      defineLazyInternal(inst, "values", (zod) => zod.def.innerType._zod.values);
      defineLazyInternal(inst, "optin", (zod) => zod.def.innerType?._zod?.optin);
      defineLazyInternal(inst, "optout", (zod) => zod.def.innerType?._zod?.optout);
      inst._zod.parse = (payload, ctx) => {
        if (ctx.direction === "backward") {
          return def.innerType._zod.run(payload, ctx);
        }
        const result = def.innerType._zod.run(payload, ctx);
        if (result instanceof Promise) {
          return result.then(handleReadonlyResult);
        }
        return handleReadonlyResult(result);
      };
    });
    $ZodLazy = /* @__PURE__ */ $constructor("$ZodLazy", (inst, def) => {
      $ZodType.init(inst, def);
      defineLazy(inst._zod, "innerType", () => {
        const d = def;
        if (!d._cachedInner)
          d._cachedInner = def.getter();
        return d._cachedInner;
      });
      defineLazyInternal(inst, "pattern", (zod) => zod.innerType?._zod?.pattern);
      defineLazyInternal(inst, "propValues", (zod) => zod.innerType?._zod?.propValues);
      defineLazyInternal(inst, "optin", (zod) => zod.innerType?._zod?.optin ?? void 0);
      defineLazyInternal(inst, "optout", (zod) => zod.innerType?._zod?.optout ?? void 0);
      inst._zod.parse = (payload, ctx) => {
        const inner = inst._zod.innerType;
        return inner._zod.run(payload, ctx);
      };
    });
    $ZodCustom = /* @__PURE__ */ $constructor("$ZodCustom", (inst, def) => {
      $ZodCheck.init(inst, def);
      $ZodType.init(inst, def);
      inst._zod.parse = (payload, _) => {
        return payload;
      };
      inst._zod.check = (payload) => {
        const input = payload.value;
        const r = def.fn(input);
        if (r instanceof Promise) {
          return r.then((r2) => handleRefineResult(r2, payload, input, inst));
        }
        handleRefineResult(r, payload, input, inst);
        return;
      };
    });
  }
});

// node_modules/zod/v4/core/memoizer.js
var init_memoizer = __esm({
  "node_modules/zod/v4/core/memoizer.js"() {
  }
});

// node_modules/zod/v4/locales/index.js
var init_locales = __esm({
  "node_modules/zod/v4/locales/index.js"() {
  }
});

// node_modules/zod/v4/core/registries.js
function registry() {
  return new $ZodRegistry();
}
var _a2, $ZodRegistry, globalRegistry;
var init_registries = __esm({
  "node_modules/zod/v4/core/registries.js"() {
    $ZodRegistry = class {
      constructor() {
        this._map = /* @__PURE__ */ new WeakMap();
        this._idmap = /* @__PURE__ */ new Map();
      }
      add(schema, ..._meta) {
        const meta2 = _meta[0];
        this._map.set(schema, meta2);
        if (meta2 && typeof meta2 === "object" && "id" in meta2) {
          this._idmap.set(meta2.id, schema);
        }
        return this;
      }
      clear() {
        this._map = /* @__PURE__ */ new WeakMap();
        this._idmap = /* @__PURE__ */ new Map();
        return this;
      }
      remove(schema) {
        const meta2 = this._map.get(schema);
        if (meta2 && typeof meta2 === "object" && "id" in meta2) {
          this._idmap.delete(meta2.id);
        }
        this._map.delete(schema);
        return this;
      }
      get(schema) {
        const p = schema._zod.parent;
        if (p) {
          const pm = { ...this.get(p) ?? {} };
          delete pm.id;
          const f = { ...pm, ...this._map.get(schema) };
          return Object.keys(f).length ? f : void 0;
        }
        return this._map.get(schema);
      }
      has(schema) {
        return this._map.has(schema);
      }
    };
    (_a2 = globalThis).__zod_globalRegistry ?? (_a2.__zod_globalRegistry = registry());
    globalRegistry = globalThis.__zod_globalRegistry;
  }
});

// node_modules/zod/v4/core/compile.js
var init_compile = __esm({
  "node_modules/zod/v4/core/compile.js"() {
  }
});

// node_modules/zod/v4/core/api.js
function snapshotChecks(def) {
  if (def.checks)
    def.checks = [...def.checks];
  return def;
}
// @__NO_SIDE_EFFECTS__
function _string(Class, params2) {
  return new Class(snapshotChecks({ type: "string", ...normalizeParams(params2) }));
}
// @__NO_SIDE_EFFECTS__
function _url(Class, params2) {
  return new Class({
    type: "string",
    format: "url",
    check: "string_format",
    abort: false,
    ...normalizeParams(params2)
  });
}
// @__NO_SIDE_EFFECTS__
function _number(Class, params2) {
  return new Class(snapshotChecks({ type: "number", checks: [], ...normalizeParams(params2) }));
}
// @__NO_SIDE_EFFECTS__
function _int(Class, params2) {
  return new Class({
    type: "number",
    check: "number_format",
    abort: false,
    format: "safeint",
    ...normalizeParams(params2)
  });
}
// @__NO_SIDE_EFFECTS__
function _boolean(Class, params2) {
  return new Class({
    type: "boolean",
    ...normalizeParams(params2)
  });
}
// @__NO_SIDE_EFFECTS__
function _null2(Class, params2) {
  return new Class({
    type: "null",
    ...normalizeParams(params2)
  });
}
// @__NO_SIDE_EFFECTS__
function _unknown(Class) {
  return new Class({
    type: "unknown"
  });
}
// @__NO_SIDE_EFFECTS__
function _never(Class, params2) {
  return new Class({
    type: "never",
    ...normalizeParams(params2)
  });
}
// @__NO_SIDE_EFFECTS__
function _lte(value, params2) {
  return new $ZodCheckLessThan({
    check: "less_than",
    ...normalizeParams(params2),
    value,
    inclusive: true
  });
}
// @__NO_SIDE_EFFECTS__
function _gte(value, params2) {
  return new $ZodCheckGreaterThan({
    check: "greater_than",
    ...normalizeParams(params2),
    value,
    inclusive: true
  });
}
// @__NO_SIDE_EFFECTS__
function _maxLength(maximum, params2) {
  const ch = new $ZodCheckMaxLength({
    check: "max_length",
    ...normalizeParams(params2),
    maximum
  });
  return ch;
}
// @__NO_SIDE_EFFECTS__
function _minLength(minimum, params2) {
  return new $ZodCheckMinLength({
    check: "min_length",
    ...normalizeParams(params2),
    minimum
  });
}
// @__NO_SIDE_EFFECTS__
function _regex(pattern2, params2) {
  return new $ZodCheckRegex({
    check: "string_format",
    format: "regex",
    ...normalizeParams(params2),
    pattern: pattern2
  });
}
// @__NO_SIDE_EFFECTS__
function _refine(Class, fn, _params) {
  const schema = new Class({
    type: "custom",
    check: "custom",
    fn,
    ...normalizeParams(_params)
  });
  return schema;
}
var init_api = __esm({
  "node_modules/zod/v4/core/api.js"() {
    init_checks();
    init_util();
  }
});

// node_modules/zod/v4/core/to-json-schema.js
var init_to_json_schema = __esm({
  "node_modules/zod/v4/core/to-json-schema.js"() {
  }
});

// node_modules/zod/v4/core/json-schema.js
var init_json_schema = __esm({
  "node_modules/zod/v4/core/json-schema.js"() {
  }
});

// node_modules/zod/v4/core/index.js
var init_core2 = __esm({
  "node_modules/zod/v4/core/index.js"() {
    init_core();
    init_parse();
    init_errors();
    init_schemas();
    init_memoizer();
    init_checks();
    init_versions();
    init_util();
    init_regexes();
    init_locales();
    init_registries();
    init_doc();
    init_compile();
    init_api();
    init_to_json_schema();
    init_json_schema();
  }
});

// node_modules/zod/v4/mini/parse.js
var init_parse2 = __esm({
  "node_modules/zod/v4/mini/parse.js"() {
    init_core2();
  }
});

// node_modules/zod/v4/mini/schemas.js
// @__NO_SIDE_EFFECTS__
function string2(params2) {
  return _string(ZodMiniString, params2);
}
// @__NO_SIDE_EFFECTS__
function url(params2) {
  return _url(ZodMiniURL, params2);
}
// @__NO_SIDE_EFFECTS__
function number2(params2) {
  return _number(ZodMiniNumber, params2);
}
function int(params2) {
  return _int(ZodMiniNumberFormat, params2);
}
// @__NO_SIDE_EFFECTS__
function boolean2(params2) {
  return _boolean(ZodMiniBoolean, params2);
}
// @__NO_SIDE_EFFECTS__
function _null3(params2) {
  return _null2(ZodMiniNull, params2);
}
// @__NO_SIDE_EFFECTS__
function unknown() {
  return _unknown(ZodMiniUnknown);
}
// @__NO_SIDE_EFFECTS__
function never(params2) {
  return _never(ZodMiniNever, params2);
}
// @__NO_SIDE_EFFECTS__
function array(element, params2) {
  return new ZodMiniArray({
    type: "array",
    element,
    ...normalizeParams(params2)
  });
}
// @__NO_SIDE_EFFECTS__
function object(shape, params2) {
  const def = {
    type: "object",
    shape: shape ?? {},
    ...normalizeParams(params2)
  };
  return new ZodMiniObject(def);
}
// @__NO_SIDE_EFFECTS__
function strictObject(shape, params2) {
  return new ZodMiniObject({
    type: "object",
    shape,
    catchall: /* @__PURE__ */ never(),
    ...normalizeParams(params2)
  });
}
// @__NO_SIDE_EFFECTS__
function union(options, params2) {
  return new ZodMiniUnion({
    type: "union",
    options,
    ...normalizeParams(params2)
  });
}
// @__NO_SIDE_EFFECTS__
function discriminatedUnion(discriminator, options, params2) {
  return new ZodMiniDiscriminatedUnion({
    type: "union",
    options,
    discriminator,
    ...normalizeParams(params2)
  });
}
// @__NO_SIDE_EFFECTS__
function record(keyType, valueType, params2) {
  if (!valueType || !valueType._zod) {
    return new ZodMiniRecord({
      type: "record",
      keyType: /* @__PURE__ */ string2(),
      valueType: keyType,
      ...normalizeParams(valueType)
    });
  }
  return new ZodMiniRecord({
    type: "record",
    keyType,
    valueType,
    ...normalizeParams(params2)
  });
}
// @__NO_SIDE_EFFECTS__
function _enum(values, params2) {
  const entries = Array.isArray(values) ? Object.fromEntries(values.map((v) => [v, v])) : values;
  return new ZodMiniEnum({
    type: "enum",
    entries,
    ...normalizeParams(params2)
  });
}
// @__NO_SIDE_EFFECTS__
function literal(value, params2) {
  return new ZodMiniLiteral({
    type: "literal",
    values: Array.isArray(value) ? value : [value],
    ...normalizeParams(params2)
  });
}
// @__NO_SIDE_EFFECTS__
function optional(innerType) {
  return new ZodMiniOptional({
    type: "optional",
    innerType
  });
}
// @__NO_SIDE_EFFECTS__
function exactOptional(innerType) {
  return new ZodMiniExactOptional({
    type: "optional",
    innerType
  });
}
// @__NO_SIDE_EFFECTS__
function nullable(innerType) {
  return new ZodMiniNullable({
    type: "nullable",
    innerType
  });
}
// @__NO_SIDE_EFFECTS__
function nullish2(innerType) {
  return /* @__PURE__ */ optional(/* @__PURE__ */ nullable(innerType));
}
// @__NO_SIDE_EFFECTS__
function _default(innerType, defaultValue) {
  return new ZodMiniDefault({
    type: "default",
    innerType,
    get defaultValue() {
      return typeof defaultValue === "function" ? defaultValue() : shallowClone(defaultValue);
    }
  });
}
// @__NO_SIDE_EFFECTS__
function readonly(innerType) {
  return new ZodMiniReadonly({
    type: "readonly",
    innerType
  });
}
// @__NO_SIDE_EFFECTS__
function _lazy(getter) {
  return new ZodMiniLazy({
    type: "lazy",
    getter
  });
}
// @__NO_SIDE_EFFECTS__
function refine(fn, _params = {}) {
  return _refine(ZodMiniCustom, fn, _params);
}
// @__NO_SIDE_EFFECTS__
function json() {
  const jsonSchema = /* @__PURE__ */ _lazy(() => {
    return /* @__PURE__ */ union([/* @__PURE__ */ string2(), /* @__PURE__ */ number2(), /* @__PURE__ */ boolean2(), /* @__PURE__ */ _null3(), /* @__PURE__ */ array(jsonSchema), /* @__PURE__ */ record(/* @__PURE__ */ string2(), jsonSchema)]);
  });
  return jsonSchema;
}
var ZodMiniType, ZodMiniString, ZodMiniStringFormat, ZodMiniURL, ZodMiniNumber, ZodMiniNumberFormat, ZodMiniBoolean, ZodMiniNull, ZodMiniUnknown, ZodMiniNever, ZodMiniArray, ZodMiniObject, ZodMiniUnion, ZodMiniDiscriminatedUnion, ZodMiniRecord, ZodMiniEnum, ZodMiniLiteral, ZodMiniOptional, ZodMiniExactOptional, ZodMiniNullable, ZodMiniDefault, ZodMiniReadonly, ZodMiniLazy, ZodMiniCustom;
var init_schemas2 = __esm({
  "node_modules/zod/v4/mini/schemas.js"() {
    init_core2();
    init_util();
    init_parse2();
    ZodMiniType = /* @__PURE__ */ $constructor("ZodMiniType", (inst, def) => {
      if (!inst._zod)
        throw new Error("Uninitialized schema in ZodMiniType.");
      $ZodType.init(inst, def);
      inst.def = def;
      inst.type = def.type;
    }, {
      // `with` is an alias for `check`: the same function object, not a wrapper.
      get with() {
        return this.check;
      },
      set with(value) {
        own(this, "with", value);
      },
      parse(data, params2) {
        return parse(this, data, params2, { callee: this.parse });
      },
      parseAsync(data, params2) {
        return parseAsync(this, data, params2, { callee: this.parseAsync });
      },
      safeParse(data, params2) {
        return safeParse(this, data, params2);
      },
      safeParseAsync(data, params2) {
        return safeParseAsync(this, data, params2);
      },
      check(...checks) {
        const def = this.def;
        return this.clone({
          ...def,
          checks: [
            ...def.checks ?? [],
            ...checks.map((ch) => typeof ch === "function" ? { _zod: { check: ch, def: { check: "custom" }, onattach: [] } } : ch)
          ]
        }, { parent: true });
      },
      clone(_def, params2) {
        return clone(this, _def, params2);
      },
      brand() {
        return this;
      },
      register(reg, meta2) {
        reg.add(this, meta2);
        return this;
      },
      apply(fn, ...args) {
        return args.length === 0 ? fn(this) : fn(this, ...args);
      }
    });
    ZodMiniString = /* @__PURE__ */ $constructor("ZodMiniString", (inst, def) => {
      $ZodString.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    ZodMiniStringFormat = /* @__PURE__ */ $constructor("ZodMiniStringFormat", (inst, def) => {
      $ZodStringFormat.init(inst, def);
      ZodMiniString.init(inst, def);
    });
    ZodMiniURL = /* @__PURE__ */ $constructor("ZodMiniURL", (inst, def) => {
      $ZodURL.init(inst, def);
      ZodMiniStringFormat.init(inst, def);
    });
    ZodMiniNumber = /* @__PURE__ */ $constructor("ZodMiniNumber", (inst, def) => {
      $ZodNumber.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    ZodMiniNumberFormat = /* @__PURE__ */ $constructor("ZodMiniNumberFormat", (inst, def) => {
      $ZodNumberFormat.init(inst, def);
      ZodMiniNumber.init(inst, def);
    });
    ZodMiniBoolean = /* @__PURE__ */ $constructor("ZodMiniBoolean", (inst, def) => {
      $ZodBoolean.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    ZodMiniNull = /* @__PURE__ */ $constructor("ZodMiniNull", (inst, def) => {
      $ZodNull.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    ZodMiniUnknown = /* @__PURE__ */ $constructor("ZodMiniUnknown", (inst, def) => {
      $ZodUnknown.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    ZodMiniNever = /* @__PURE__ */ $constructor("ZodMiniNever", (inst, def) => {
      $ZodNever.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    ZodMiniArray = /* @__PURE__ */ $constructor("ZodMiniArray", (inst, def) => {
      $ZodArray.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    ZodMiniObject = /* @__PURE__ */ $constructor("ZodMiniObject", (inst, def) => {
      $ZodObject.init(inst, def);
      ZodMiniType.init(inst, def);
      installLazyProp(inst, "shape", (self) => self._zod.def.shape, false);
    });
    ZodMiniUnion = /* @__PURE__ */ $constructor("ZodMiniUnion", (inst, def) => {
      $ZodUnion.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    ZodMiniDiscriminatedUnion = /* @__PURE__ */ $constructor("ZodMiniDiscriminatedUnion", (inst, def) => {
      $ZodDiscriminatedUnion.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    ZodMiniRecord = /* @__PURE__ */ $constructor("ZodMiniRecord", (inst, def) => {
      $ZodRecord.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    ZodMiniEnum = /* @__PURE__ */ $constructor("ZodMiniEnum", (inst, def) => {
      $ZodEnum.init(inst, def);
      ZodMiniType.init(inst, def);
      inst.options = [...inst._zod.values];
    });
    ZodMiniLiteral = /* @__PURE__ */ $constructor("ZodMiniLiteral", (inst, def) => {
      $ZodLiteral.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    ZodMiniOptional = /* @__PURE__ */ $constructor("ZodMiniOptional", (inst, def) => {
      $ZodOptional.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    ZodMiniExactOptional = /* @__PURE__ */ $constructor("ZodMiniExactOptional", (inst, def) => {
      $ZodExactOptional.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    ZodMiniNullable = /* @__PURE__ */ $constructor("ZodMiniNullable", (inst, def) => {
      $ZodNullable.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    ZodMiniDefault = /* @__PURE__ */ $constructor("ZodMiniDefault", (inst, def) => {
      $ZodDefault.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    ZodMiniReadonly = /* @__PURE__ */ $constructor("ZodMiniReadonly", (inst, def) => {
      $ZodReadonly.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    ZodMiniLazy = /* @__PURE__ */ $constructor("ZodMiniLazy", (inst, def) => {
      $ZodLazy.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    ZodMiniCustom = /* @__PURE__ */ $constructor("ZodMiniCustom", (inst, def) => {
      $ZodCustom.init(inst, def);
      ZodMiniType.init(inst, def);
    });
  }
});

// node_modules/zod/v4/mini/checks.js
var init_checks2 = __esm({
  "node_modules/zod/v4/mini/checks.js"() {
    init_core2();
  }
});

// node_modules/zod/v4/mini/iso.js
var init_iso = __esm({
  "node_modules/zod/v4/mini/iso.js"() {
  }
});

// node_modules/zod/v4/mini/coerce.js
var init_coerce = __esm({
  "node_modules/zod/v4/mini/coerce.js"() {
  }
});

// node_modules/zod/v4/mini/external.js
var init_external = __esm({
  "node_modules/zod/v4/mini/external.js"() {
    init_core2();
    init_parse2();
    init_schemas2();
    init_checks2();
    init_locales();
    init_iso();
    init_coerce();
  }
});

// node_modules/zod/mini/index.js
var init_mini = __esm({
  "node_modules/zod/mini/index.js"() {
    init_external();
  }
});

// shared/result.ts
function ok(value) {
  return { ok: true, value };
}
function fail(error) {
  return { ok: false, error };
}
var init_result = __esm({
  "shared/result.ts"() {
    "use strict";
  }
});

// party/core/principal.ts
function mayDo(principal, act) {
  return principal.scopes.includes(needed[act]);
}
var scopes, ALL_SCOPES, principalSchema, needed;
var init_principal = __esm({
  "party/core/principal.ts"() {
    "use strict";
    init_mini();
    scopes = ["read", "write", "clear"];
    ALL_SCOPES = scopes;
    principalSchema = object({
      sub: string2(),
      tenant: string2(),
      // Stored with a socket before there were scopes, when everybody was anonymous and allowed everything.
      scopes: _default(readonly(array(_enum(scopes))), [...scopes]),
      expiresAt: exactOptional(number2()),
      issuedAt: exactOptional(number2()),
      tokenId: exactOptional(string2())
    });
    needed = {
      hello: "read",
      look: "read",
      "sync-request": "read",
      "token-refresh": "read",
      "turn-submit": "write",
      "turn-cancel": "write",
      "room-clear": "clear",
      erase: "clear"
    };
  }
});

// party/auth/claims.ts
function parseClaims(claims, now) {
  const parsed = claimsSchema.safeParse(claims);
  if (!parsed.success) {
    const claim2 = String(parsed.error.issues[0]?.path[0] ?? "claims");
    return refuse(`The token's ${claim2} is missing or not what it must be.`);
  }
  const { sub, tenant, room, scope, exp, iat, jti } = parsed.data;
  const expiresAt = exp * 1e3;
  if (expiresAt <= now) return refuse("The token has expired.");
  if (expiresAt > now + maxTokenLifeMs + clockSkewMs) return refuse("The token lives longer than an hour.");
  const named = new Set(scope.split(" "));
  return ok({
    sub,
    tenant,
    rooms: typeof room === "string" ? [room] : room,
    scopes: ALL_SCOPES.filter((name) => named.has(name)),
    expiresAt,
    issuedAt: iat === void 0 ? void 0 : iat * 1e3,
    tokenId: jti
  });
}
function tenantOfRoom(setting, room) {
  if (setting !== everyTenant) return setting;
  const dot = room.indexOf(".");
  const tenant = room.slice(0, Math.max(0, dot));
  return tenantPattern.test(tenant) && dot < room.length - 1 ? tenant : void 0;
}
function tenantAdmitted(facts, room, setting) {
  const claimed = facts.tenant ?? (setting === everyTenant ? void 0 : setting);
  if (room === void 0) {
    const isTenant = claimed !== void 0 && (setting === everyTenant || claimed === setting);
    return isTenant ? ok(claimed) : fail({ code: "forbidden" });
  }
  const owner = tenantOfRoom(setting, room);
  if (owner === void 0 || claimed !== owner) return fail({ code: "room-forbidden" });
  return facts.rooms.some((pattern2) => matchesRoom(pattern2, room)) ? ok(owner) : fail({ code: "room-forbidden" });
}
function matchesRoom(pattern2, room) {
  return pattern2.endsWith("*") ? room.startsWith(pattern2.slice(0, -1)) : room === pattern2;
}
function refuse(detail) {
  return fail({ code: "unauthenticated", detail });
}
var maxTokenLifeMs, clockSkewMs, tenantPattern, roomPattern, shortText, seconds, oneRoom, claimsSchema, everyTenant;
var init_claims = __esm({
  "party/auth/claims.ts"() {
    "use strict";
    init_mini();
    init_result();
    init_principal();
    maxTokenLifeMs = 36e5;
    clockSkewMs = 1e4;
    tenantPattern = /^[A-Za-z0-9_-]{1,64}$/;
    roomPattern = /^[A-Za-z0-9_.-]{0,128}\*?$/;
    shortText = string2().check(_minLength(1), _maxLength(256));
    seconds = number2().check(_gte(0), _lte(864e10));
    oneRoom = string2().check(_minLength(1), _regex(roomPattern));
    claimsSchema = object({
      sub: shortText,
      tenant: optional(string2().check(_regex(tenantPattern))),
      room: union([oneRoom, array(oneRoom).check(_minLength(1), _maxLength(32))]),
      /** Names with spaces between (RFC 8693 §4.2). Those that mean nothing here are left aside. */
      scope: string2().check(_maxLength(1024)),
      exp: seconds,
      iat: optional(seconds),
      jti: optional(shortText)
    });
    everyTenant = "*";
  }
});

// party/auth/base64url.ts
function fromBase64Url(text3) {
  if (!/^[A-Za-z0-9_-]*$/.test(text3)) return void 0;
  try {
    return Uint8Array.from(atob(text3.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  } catch {
    return void 0;
  }
}
function jsonOf(text3) {
  try {
    return JSON.parse(text3);
  } catch {
    return void 0;
  }
}
var init_base64url = __esm({
  "party/auth/base64url.ts"() {
    "use strict";
  }
});

// party/auth/keys.ts
var kidPattern;
var init_keys = __esm({
  "party/auth/keys.ts"() {
    "use strict";
    kidPattern = /^[A-Za-z0-9_.:-]{1,128}$/;
  }
});

// shared/text.ts
function utf8Length(text3) {
  let bytes = text3.length;
  for (let index = 0; index < text3.length; index += 1) {
    const unit = text3.charCodeAt(index);
    if (unit < 128) continue;
    if (unit < 2048) bytes += 1;
    else if (isHighSurrogate(unit) && isLowSurrogate(text3.charCodeAt(index + 1))) {
      bytes += 2;
      index += 1;
    } else bytes += 2;
  }
  return bytes;
}
function isHighSurrogate(unit) {
  return unit >= 55296 && unit <= 56319;
}
function isLowSurrogate(unit) {
  return unit >= 56320 && unit <= 57343;
}
function safeCut(text3, end) {
  if (end <= 0 || end >= text3.length) return Math.min(Math.max(end, 0), text3.length);
  return isHighSurrogate(text3.charCodeAt(end - 1)) && isLowSurrogate(text3.charCodeAt(end)) ? end - 1 : end;
}
var init_text = __esm({
  "shared/text.ts"() {
    "use strict";
  }
});

// shared/protocol/limits.ts
var maxFrameBytes, maxParamsBytes, maxHaveOffsets, syncMaxBytes, turnIdPattern, epochPattern;
var init_limits = __esm({
  "shared/protocol/limits.ts"() {
    "use strict";
    maxFrameBytes = 64 * 1024;
    maxParamsBytes = 4 * 1024;
    maxHaveOffsets = 32;
    syncMaxBytes = 1024 * 1024;
    turnIdPattern = /^[A-Za-z0-9_-]{1,64}$/;
    epochPattern = /^[A-Za-z0-9_-]{1,32}$/;
  }
});

// shared/protocol/client-frames.ts
var turnIdSchema, epochSchema, seqSchema, offsetSchema, smallJson, haveSchema, messageSchema, hasText, inputSchema, helloFrame, turnSubmitFrame, turnCancelFrame, syncRequestFrame, roomClearFrame, tokenRefreshFrame, clientFrame;
var init_client_frames = __esm({
  "shared/protocol/client-frames.ts"() {
    "use strict";
    init_mini();
    init_text();
    init_limits();
    turnIdSchema = string2().check(_regex(turnIdPattern, "must be 1\u201364 of A\u2013Z a\u2013z 0\u20139 _ -"));
    epochSchema = string2().check(_regex(epochPattern, "must be 1\u201332 of A\u2013Z a\u2013z 0\u20139 _ -"));
    seqSchema = int().check(_gte(0));
    offsetSchema = int().check(_gte(0));
    smallJson = record(string2(), json()).check(
      refine(
        (value) => utf8Length(JSON.stringify(value)) <= maxParamsBytes,
        `must be at most ${maxParamsBytes} bytes as JSON`
      )
    );
    haveSchema = strictObject({
      epoch: epochSchema,
      seq: seqSchema,
      offsets: record(turnIdSchema, offsetSchema).check(
        refine((offsets) => Object.keys(offsets).length <= maxHaveOffsets, `must name at most ${maxHaveOffsets} turns`)
      )
    });
    messageSchema = strictObject({
      role: _enum(["system", "user", "assistant"]),
      content: string2()
    });
    hasText = refine((text3) => text3.trim() !== "", "must not be empty");
    inputSchema = union([
      strictObject({ prompt: string2().check(hasText) }),
      strictObject({ messages: array(messageSchema).check(_minLength(1)) })
    ]);
    helloFrame = strictObject({
      type: literal("hello"),
      version: int(),
      token: exactOptional(string2()),
      have: exactOptional(haveSchema)
    });
    turnSubmitFrame = strictObject({
      type: literal("turn-submit"),
      turnId: turnIdSchema,
      epoch: exactOptional(epochSchema),
      input: inputSchema,
      provider: exactOptional(string2().check(_minLength(1), _maxLength(64))),
      model: exactOptional(string2().check(_minLength(1), _maxLength(128))),
      params: exactOptional(smallJson),
      metadata: exactOptional(smallJson),
      replaces: exactOptional(turnIdSchema),
      onLeave: exactOptional(_enum(["cancel", "keep"]))
    });
    turnCancelFrame = strictObject({ type: literal("turn-cancel"), turnId: turnIdSchema });
    syncRequestFrame = strictObject({ type: literal("sync-request"), have: haveSchema });
    roomClearFrame = strictObject({ type: literal("room-clear") });
    tokenRefreshFrame = strictObject({ type: literal("token-refresh"), token: string2() });
    clientFrame = discriminatedUnion("type", [
      helloFrame,
      turnSubmitFrame,
      turnCancelFrame,
      syncRequestFrame,
      roomClearFrame,
      tokenRefreshFrame
    ]);
  }
});

// shared/upstream-contract.ts
var count, unifiedEvents, upstreamRequestSchema;
var init_upstream_contract = __esm({
  "shared/upstream-contract.ts"() {
    "use strict";
    init_mini();
    init_client_frames();
    count = int().check(_gte(0));
    unifiedEvents = {
      start: object({ model: exactOptional(string2()), resumable: exactOptional(boolean2()) }),
      token: object({ text: string2() }),
      reasoning: object({ text: string2() }),
      tool: object({
        toolCallId: string2(),
        toolName: string2(),
        phase: _enum(["call", "result", "error"]),
        value: unknown()
      }),
      usage: object({ inputTokens: exactOptional(count), outputTokens: exactOptional(count) }),
      done: object({
        finishReason: exactOptional(string2()),
        usage: exactOptional(object({ inputTokens: exactOptional(count), outputTokens: exactOptional(count) }))
      }),
      error: object({
        code: exactOptional(string2()),
        message: exactOptional(string2()),
        retryable: exactOptional(boolean2()),
        retryAfterMs: exactOptional(count)
      })
    };
    upstreamRequestSchema = object({
      generationId: string2(),
      room: string2(),
      provider: exactOptional(string2()),
      model: exactOptional(string2()),
      messages: array(messageSchema),
      params: exactOptional(record(string2(), json()))
    });
  }
});

// party/core/ports.ts
var UpstreamFailure;
var init_ports = __esm({
  "party/core/ports.ts"() {
    "use strict";
    UpstreamFailure = class extends Error {
      code;
      retryable;
      retryAfterMs;
      /** The upstream itself said that it is over (an error status, an `error` event): nothing runs there that must be stopped. */
      byUpstream;
      /** It said that it has too much to do, not that something is wrong: every room of the tenant slows down (U3). */
      isOverload;
      constructor(code, retryable, options = {}) {
        super(`[${code}]`, { cause: options.cause });
        this.name = "UpstreamFailure";
        this.code = code;
        this.retryable = retryable;
        this.retryAfterMs = options.retryAfterMs;
        this.byUpstream = options.byUpstream ?? false;
        this.isOverload = options.isOverload ?? (code === "upstream-rate-limited" || options.retryAfterMs !== void 0);
      }
    };
  }
});

// party/upstream/dialects/dialect.ts
function nameOf(event) {
  return event.event === "message" ? void 0 : event.event;
}
function malformed(cause) {
  return new UpstreamFailure("upstream-malformed", false, { cause });
}
function checked(schema, value) {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw malformed(parsed.error);
  return parsed.data;
}
function json2(data) {
  try {
    return JSON.parse(data);
  } catch (cause) {
    throw malformed(cause);
  }
}
function jsonOrUndefined(data) {
  try {
    return JSON.parse(data);
  } catch {
    return void 0;
  }
}
function isObject2(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
var doneData;
var init_dialect = __esm({
  "party/upstream/dialects/dialect.ts"() {
    "use strict";
    init_ports();
    doneData = "[DONE]";
  }
});

// party/upstream/status.ts
function retryableCode(status) {
  return codes.get(status);
}
function retryAfter(value, now) {
  if (value === null) return void 0;
  const text3 = value.trim();
  if (/^\d{1,9}$/.test(text3)) return Number(text3) * 1e3;
  if (!/^[A-Za-z]{3,9},? .*\d\d:\d\d:\d\d/.test(text3)) return void 0;
  const at = Date.parse(text3);
  return Number.isNaN(at) ? void 0 : Math.max(0, at - now);
}
var codes, overloadStatuses;
var init_status = __esm({
  "party/upstream/status.ts"() {
    "use strict";
    codes = new Map([
      [429, "upstream-rate-limited"],
      ...[408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530].map(
        (status) => [status, "upstream-unavailable"]
      )
    ]);
    overloadStatuses = /* @__PURE__ */ new Set([429, 503, 529]);
  }
});

// party/upstream/dialects/said-error.ts
function factsIn(value) {
  const said = isObject2(value) ? value : {};
  const text3 = (key) => typeof said[key] === "string" ? said[key] : void 0;
  const number4 = (key) => typeof said[key] === "number" ? said[key] : void 0;
  const seconds2 = number4("retry_after");
  return {
    code: text3("code") ?? number4("code"),
    type: text3("type"),
    message: text3("message"),
    status: [number4("status"), number4("statusCode"), number4("code")].find(isStatus),
    retryable: typeof said["retryable"] === "boolean" ? said["retryable"] : void 0,
    waitMs: number4("retryAfterMs") ?? number4("retry_after_ms") ?? (seconds2 === void 0 ? void 0 : seconds2 * 1e3)
  };
}
function saysError(value) {
  return Boolean(value["error"]) || isStatus(value["statusCode"]) && "message" in value;
}
function endOfSaidError(data) {
  return endOfError(jsonOrUndefined(data) ?? data);
}
function endOfError(said) {
  const inner = isObject2(said) && "error" in said ? said.error : said;
  const facts = factsIn(inner);
  const outer = factsIn(said);
  const named = [facts.code, facts.type].filter((word) => typeof word === "string").join(" ");
  const sentence = typeof inner === "string" ? inner : facts.message ?? "";
  const status = facts.status ?? outer.status;
  const code = status === void 0 ? void 0 : retryableCode(status);
  const isBusy = code === "upstream-rate-limited" || busyWords.test(named) || named === "" && busyWords.test(sentence);
  const isFinal = finalWords.test(named) || status !== void 0 && code === void 0;
  const retryable = facts.retryable ?? !isFinal;
  const whenNotBusy = retryable ? "upstream-unavailable" : "upstream-rejected";
  const waitMs = facts.waitMs ?? outer.waitMs;
  return {
    kind: "error",
    code: isBusy && (retryable || !isFinal) ? "upstream-rate-limited" : whenNotBusy,
    retryable,
    ...waitMs === void 0 || !(waitMs >= 0) ? {} : { retryAfterMs: Math.round(waitMs) }
  };
}
function isStatus(value) {
  return typeof value === "number" && value >= 400 && value < 600;
}
var busyWords, finalWords;
var init_said_error = __esm({
  "party/upstream/dialects/said-error.ts"() {
    "use strict";
    init_status();
    init_dialect();
    busyWords = /(?:^|[^a-z])rate|too.?many|throttl|(?:^|\D)429(?:\D|$)/i;
    finalWords = /invalid|authenticat|permission|forbidden|not.?found|context.?length|quota|billing|unsupported|polic/i;
  }
});

// party/upstream/dialects/openai.ts
function endOfFinish(finishReason) {
  if (finishReason === "error") return endOfError({});
  return { kind: "done", ...finishReason ? { finishReason } : {} };
}
function addPlain(value, into) {
  if (!isObject2(value) || (value["usage"] ?? null) !== null || !Array.isArray(value["choices"])) return false;
  const [choice, other] = value["choices"];
  if (other !== void 0 || !isObject2(choice) || (choice["finish_reason"] ?? null) !== null) return false;
  const { index, delta } = choice;
  if (index !== 0 && index !== void 0 || !isObject2(delta) || delta["tool_calls"] !== void 0) return false;
  if (typeof delta["content"] !== "string" || delta["content"] === "") return false;
  if ((delta["reasoning_content"] ?? delta["reasoning"] ?? delta["refusal"] ?? null) !== null) return false;
  into.text("text", delta["content"]);
  return true;
}
function addText({ content: content2, reasoning_content, reasoning, refusal }, into) {
  const thought = reasoning_content || reasoning;
  if (thought) into.text("reasoning", thought);
  if (content2) into.text("text", content2);
  if (refusal) into.text("text", refusal);
}
function addUsage(usage, into) {
  if (!usage) return;
  const { prompt_tokens: input, completion_tokens: output } = usage;
  into.usage({
    ...typeof input === "number" ? { inputTokens: input } : {},
    ...typeof output === "number" ? { outputTokens: output } : {}
  });
}
var count2, text, toolCallSchema, messageSchema2, usageSchema, chunkSchema, maxToolUnits, OpenAiDialect, ToolCalls;
var init_openai = __esm({
  "party/upstream/dialects/openai.ts"() {
    "use strict";
    init_mini();
    init_ports();
    init_dialect();
    init_said_error();
    count2 = int().check(_gte(0));
    text = nullish2(string2());
    toolCallSchema = object({
      index: nullish2(count2),
      id: text,
      function: nullish2(object({ name: text, arguments: text }))
    });
    messageSchema2 = object({
      content: text,
      reasoning_content: text,
      reasoning: text,
      refusal: text,
      tool_calls: nullish2(array(toolCallSchema))
    });
    usageSchema = nullish2(
      object({ prompt_tokens: nullish2(count2), completion_tokens: nullish2(count2) })
    );
    chunkSchema = object({
      model: text,
      choices: array(object({ index: nullish2(count2), delta: nullish2(messageSchema2), finish_reason: text })),
      usage: usageSchema
    });
    maxToolUnits = 1048576;
    OpenAiDialect = class {
      #calls = new ToolCalls();
      #started = false;
      #finishReason;
      read(event, into) {
        const name = nameOf(event);
        if (name === "error") into.end(endOfSaidError(event.data));
        if (name !== void 0) return;
        if (event.data.trim() === doneData) {
          this.#end(into);
          return;
        }
        const value = json2(event.data);
        if (this.#started && addPlain(value, into)) return;
        if (isObject2(value) && saysError(value)) into.end(endOfError(value));
        else if (!isObject2(value) || "choices" in value) this.#chunk(value, into);
      }
      endOfStream(into) {
        if (this.#finishReason === void 0) return void 0;
        return this.#end(into);
      }
      #chunk(value, into) {
        const { model: model2, choices, usage } = checked(chunkSchema, value);
        if (!this.#started) into.start({ resumable: false, ...model2 ? { model: model2 } : {} });
        this.#started = true;
        addUsage(usage, into);
        const choice = choices.find(({ index }) => (index ?? 0) === 0);
        if (choice?.delta) {
          addText(choice.delta, into);
          this.#calls.collect(choice.delta.tool_calls ?? []);
        }
        if (choice?.finish_reason) this.#finishReason = choice.finish_reason;
      }
      #end(into) {
        this.#calls.flush(into);
        const end = endOfFinish(this.#finishReason);
        into.end(end);
        return end;
      }
    };
    ToolCalls = class {
      #calls = /* @__PURE__ */ new Map();
      #units = 0;
      collect(fragments) {
        for (const fragment of fragments) {
          const index = fragment.index ?? Math.max(0, this.#calls.size - (fragment.id ? 0 : 1));
          const call = this.#calls.get(index) ?? { id: `call-${index}`, name: "", arguments: "" };
          this.#calls.set(index, call);
          if (fragment.id) call.id = fragment.id;
          call.name += fragment.function?.name ?? "";
          call.arguments += fragment.function?.arguments ?? "";
          this.#units += 1 + (fragment.function?.name?.length ?? 0) + (fragment.function?.arguments?.length ?? 0);
          if (this.#units > maxToolUnits) throw new UpstreamFailure("part-too-large", false);
        }
      }
      flush(into) {
        for (const { id, name, arguments: written } of this.#calls.values()) {
          const value = jsonOrUndefined(written) ?? written;
          into.part({ kind: "tool", toolCallId: id, toolName: name, phase: "call", value });
        }
        this.#calls.clear();
      }
    };
  }
});

// party/upstream/dialects/text.ts
function hasText2(value) {
  return textKeys.some((key) => typeof value[key] === "string");
}
function jsonIn(data) {
  const value = jsonOrUndefined(data);
  return typeof value === "string" || isObject2(value) ? value : void 0;
}
function textOf(value, into) {
  if (typeof value === "string") return value;
  if (saysError(value)) {
    into.end(endOfError(value));
    return void 0;
  }
  const key = textKeys.find((known2) => value[known2] !== void 0 && value[known2] !== null);
  const text3 = key === void 0 ? void 0 : value[key];
  if (text3 !== void 0 && typeof text3 !== "string") throw malformed();
  if (value["done"] === true) into.end({ kind: "done" });
  return text3;
}
var textKeys, TextDialect;
var init_text2 = __esm({
  "party/upstream/dialects/text.ts"() {
    "use strict";
    init_dialect();
    init_said_error();
    textKeys = ["text", "content", "token", "delta"];
    TextDialect = class {
      #form;
      read(event, into) {
        const name = nameOf(event);
        if (name === "error") into.end(endOfSaidError(event.data));
        else if (name === "done" || name === "end") into.end({ kind: "done" });
        if (name !== void 0) return;
        const { data } = event;
        if (data.trim() === doneData) {
          into.end({ kind: "done" });
          return;
        }
        const value = this.#form === "plain" ? void 0 : jsonIn(data);
        if (value === void 0 && this.#form === "json") throw malformed();
        const text3 = value === void 0 ? data : textOf(value, into);
        if (text3 === void 0) return;
        if (this.#form === void 0) into.start({ resumable: false });
        this.#form ??= value === void 0 ? "plain" : "json";
        into.text("text", text3);
      }
      endOfStream(into) {
        if (this.#form === void 0) return void 0;
        const end = { kind: "done" };
        into.end(end);
        return end;
      }
    };
  }
});

// party/upstream/dialects/ui-message.ts
function isUiMessageType(type) {
  return typeof type === "string" && (otherTypes.has(type) || Object.hasOwn(parts, type) || type.startsWith("data-"));
}
function addData(name, value, into) {
  const { data, transient } = checked(dataPart, value);
  if (transient !== true) into.part({ kind: "data", name, value: data ?? null });
}
var toolCallId, parts, dataPart, otherTypes, maxOpenCalls, UiMessageDialect;
var init_ui_message = __esm({
  "party/upstream/dialects/ui-message.ts"() {
    "use strict";
    init_mini();
    init_dialect();
    init_said_error();
    toolCallId = string2();
    parts = {
      "tool-input-available": object({ toolCallId, toolName: string2(), input: optional(unknown()) }),
      "tool-input-error": object({ toolCallId, toolName: string2(), errorText: string2() }),
      "tool-output-available": object({
        toolCallId,
        output: optional(unknown()),
        preliminary: optional(boolean2())
      }),
      "tool-output-error": object({ toolCallId, errorText: string2() }),
      "tool-output-denied": object({ toolCallId }),
      finish: object({ finishReason: optional(string2()), messageMetadata: optional(unknown()) }),
      error: object({ errorText: string2() })
    };
    dataPart = object({ data: optional(unknown()), transient: optional(boolean2()) });
    otherTypes = /* @__PURE__ */ new Set([
      ...["start", "start-step", "finish-step", "message-metadata", "abort"],
      ...["text-start", "text-delta", "text-end", "reasoning-start", "reasoning-delta", "reasoning-end"],
      ...["tool-input-start", "tool-input-delta", "source-url", "source-document", "file"]
    ]);
    maxOpenCalls = 1024;
    UiMessageDialect = class {
      /** Names by call id: outputs do not carry them. */
      #toolNames = /* @__PURE__ */ new Map();
      #started = false;
      read(event, into) {
        const name = nameOf(event);
        if (name === "error") into.end(endOfSaidError(event.data));
        if (name !== void 0) return;
        if (event.data.trim() === doneData) {
          into.end({ kind: "done" });
          return;
        }
        const value = json2(event.data);
        if (!isObject2(value) || typeof value["type"] !== "string") throw malformed();
        if (!this.#started) into.start({ resumable: false });
        this.#started = true;
        const { type } = value;
        switch (type) {
          // The hot path: one string, checked by hand because a schema would cost more than the parse.
          case "text-delta":
          case "reasoning-delta":
            if (typeof value["delta"] !== "string") throw malformed();
            into.text(type === "text-delta" ? "text" : "reasoning", value["delta"]);
            return;
          case "tool-input-available": {
            const { toolCallId: toolCallId2, toolName, input } = checked(parts[type], value);
            this.#remember(toolCallId2, toolName);
            this.#tool(into, "call", toolCallId2, input);
            return;
          }
          case "tool-input-error": {
            const { toolCallId: toolCallId2, toolName, errorText } = checked(parts[type], value);
            this.#remember(toolCallId2, toolName);
            this.#tool(into, "error", toolCallId2, errorText);
            return;
          }
          case "tool-output-available": {
            const { toolCallId: toolCallId2, output, preliminary } = checked(parts[type], value);
            if (preliminary !== true) this.#tool(into, "result", toolCallId2, output);
            return;
          }
          case "tool-output-error": {
            const { toolCallId: toolCallId2, errorText } = checked(parts[type], value);
            this.#tool(into, "error", toolCallId2, errorText);
            return;
          }
          case "tool-output-denied":
            this.#tool(into, "error", checked(parts[type], value).toolCallId, "denied");
            return;
          case "finish": {
            const { finishReason, messageMetadata } = checked(parts.finish, value);
            if (isObject2(messageMetadata)) into.usageIn(messageMetadata["usage"] ?? messageMetadata["totalUsage"]);
            into.end({ kind: "done", ...finishReason === void 0 ? {} : { finishReason } });
            return;
          }
          case "error":
            into.end(endOfError(checked(parts.error, value).errorText));
            return;
          case "abort":
            into.end({ kind: "error", code: "upstream-truncated", retryable: true });
            return;
          default:
            if (type.startsWith("data-")) addData(type.slice("data-".length), value, into);
        }
      }
      endOfStream() {
        return void 0;
      }
      #remember(toolCallId2, toolName) {
        this.#toolNames.set(toolCallId2, toolName);
        if (this.#toolNames.size <= maxOpenCalls) return;
        for (const oldest of this.#toolNames.keys()) {
          this.#toolNames.delete(oldest);
          return;
        }
      }
      #tool(into, phase, toolCallId2, value) {
        const toolName = this.#toolNames.get(toolCallId2) ?? "";
        into.part({ kind: "tool", toolCallId: toolCallId2, toolName, phase, value: value ?? null });
        if (phase !== "call") this.#toolNames.delete(toolCallId2);
      }
    };
  }
});

// party/upstream/dialects/unified.ts
function textIn(data) {
  const event = json2(data);
  if (typeof event === "object" && event !== null && "text" in event && typeof event.text === "string")
    return event.text;
  throw malformed();
}
var UnifiedDialect;
var init_unified = __esm({
  "party/upstream/dialects/unified.ts"() {
    "use strict";
    init_upstream_contract();
    init_dialect();
    init_said_error();
    UnifiedDialect = class {
      read({ event, data, id }, into) {
        switch (event) {
          case "token":
            into.text("text", textIn(data));
            break;
          case "reasoning":
            into.text("reasoning", textIn(data));
            break;
          case "start": {
            const { model: model2, resumable } = checked(unifiedEvents.start, json2(data));
            into.start({ resumable: resumable ?? false, ...model2 === void 0 ? {} : { model: model2 } });
            break;
          }
          case "tool":
            into.part({ kind: "tool", ...checked(unifiedEvents.tool, json2(data)) });
            break;
          case "usage":
            into.usage(checked(unifiedEvents.usage, json2(data)));
            break;
          case "done": {
            const { finishReason, usage } = checked(unifiedEvents.done, json2(data));
            if (usage !== void 0) into.usage(usage);
            into.end({ kind: "done", ...finishReason === void 0 ? {} : { finishReason } });
            break;
          }
          case "error":
            into.end(endOfSaidError(data));
            break;
          default:
        }
        into.eventId(id);
      }
      endOfStream() {
        return void 0;
      }
    };
  }
});

// party/upstream/dialects/auto.ts
function dialectFor(name) {
  return name === "auto" ? new AutoDialect() : new dialects[name]();
}
function dialectOf(event) {
  const name = nameOf(event);
  if (name !== void 0) return Object.hasOwn(unifiedEvents, name) ? "unified" : name === "end" ? "text" : void 0;
  if (event.data.trim() === doneData) return "openai";
  const value = jsonOrUndefined(event.data);
  if (!isObject2(value)) return "text";
  if (value["choices"] !== void 0 || saysError(value)) return "openai";
  if (isUiMessageType(value["type"])) return "ui-message";
  return hasText2(value) ? "text" : void 0;
}
var dialects, dialectNames, AutoDialect;
var init_auto = __esm({
  "party/upstream/dialects/auto.ts"() {
    "use strict";
    init_upstream_contract();
    init_dialect();
    init_openai();
    init_said_error();
    init_text2();
    init_ui_message();
    init_unified();
    dialects = {
      unified: UnifiedDialect,
      openai: OpenAiDialect,
      "ui-message": UiMessageDialect,
      text: TextDialect
    };
    dialectNames = ["auto", "unified", "openai", "ui-message", "text"];
    AutoDialect = class {
      #chosen;
      read(event, into) {
        if (this.#chosen === void 0) {
          const name = dialectOf(event);
          if (name === void 0) return;
          this.#chosen = new dialects[name]();
        }
        this.#chosen.read(event, into);
      }
      endOfStream(into) {
        return this.#chosen?.endOfStream(into);
      }
    };
  }
});

// edge/upstream-token.ts
async function importSigningKey(kid, seed) {
  const der = Uint8Array.from([...pkcs8Prefix, ...seed]);
  const jwk = await crypto.subtle.exportKey(
    "jwk",
    await crypto.subtle.importKey("pkcs8", der, "Ed25519", true, ["sign"])
  );
  const privateKey = await crypto.subtle.importKey("pkcs8", der, "Ed25519", false, ["sign"]);
  const x = jwk.x;
  if (typeof x !== "string") throw new TypeError("no public half");
  return { kid, privateKey, publicJwk: { kty: "OKP", crv: "Ed25519", x, kid, use: "sig", alg: "EdDSA" } };
}
async function mintUpstreamToken(key, audience, claims, now) {
  const iat = Math.floor(now / 1e3);
  const tokenId = crypto.randomUUID();
  const payload = {
    iss: "edge-chat-gateway",
    aud: audience,
    ...claims,
    iat,
    exp: iat + upstreamTokenLifeS,
    jti: tokenId
  };
  const signed = `${encode2({ alg: "EdDSA", typ: "JWT", kid: key.kid })}.${encode2(payload)}`;
  const signature = await crypto.subtle.sign("Ed25519", key.privateKey, new TextEncoder().encode(signed));
  return { token: `${signed}.${base64url(new Uint8Array(signature))}`, tokenId };
}
function encode2(value) {
  return base64url(new TextEncoder().encode(JSON.stringify(value)));
}
function base64url(bytes) {
  const text3 = btoa(String.fromCharCode(...bytes));
  return text3.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
var upstreamTokenLifeS, pkcs8Prefix;
var init_upstream_token = __esm({
  "edge/upstream-token.ts"() {
    "use strict";
    upstreamTokenLifeS = 60;
    pkcs8Prefix = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
  }
});

// party/auth/upstream-auth.ts
var upstream_auth_exports = {};
__export(upstream_auth_exports, {
  UpstreamAuth: () => UpstreamAuth,
  publicKeys: () => publicKeys
});
async function publicKeys(setting) {
  return setting.mode === "sign" ? (await signingKeys(setting)).map(({ publicJwk }) => publicJwk) : [];
}
async function signingKeys(setting) {
  const known2 = keysOf.get(setting);
  if (known2 !== void 0) return known2;
  const keys = await Promise.all(Array.from(setting.seeds, ([kid, seed]) => importSigningKey(kid, seed)));
  keysOf.set(setting, keys);
  return keys;
}
var fetchedMarginMs, fetchTimeoutMs, tokenAnswer, keysOf, fetchedOf, UpstreamAuth;
var init_upstream_auth = __esm({
  "party/auth/upstream-auth.ts"() {
    "use strict";
    init_mini();
    init_upstream_token();
    fetchedMarginMs = 3e4;
    fetchTimeoutMs = 5e3;
    tokenAnswer = object({
      access_token: string2().check(_minLength(1), _maxLength(8192), _regex(/^[\x21-\x7e]+$/)),
      expires_in: number2().check(_gte(1), _lte(86400))
    });
    keysOf = /* @__PURE__ */ new WeakMap();
    fetchedOf = /* @__PURE__ */ new WeakMap();
    UpstreamAuth = class {
      #options;
      constructor(options) {
        this.#options = options;
      }
      /** The header of one call; nothing where the backend asks for none. Rejects when no token can be had. */
      async headers(claims) {
        const { setting } = this.#options;
        switch (setting.mode) {
          case "none":
            return {};
          case "sign":
            return { authorization: `Bearer ${await this.#mint(setting, claims)}` };
          case "fetch":
            return { authorization: `Bearer ${await this.#fetched(setting)}` };
        }
      }
      async #mint(setting, claims) {
        const [key] = await signingKeys(setting);
        if (key === void 0) throw new Error("no signing key");
        const { token, tokenId } = await mintUpstreamToken(key, setting.audience, claims, this.#options.clock.now());
        const about = claims.generation === void 0 ? {} : { generationId: claims.generation };
        this.#options.report({ name: "upstream-token", kid: key.kid, tokenId, ...about });
        return token;
      }
      async #fetched(setting) {
        const { clock } = this.#options;
        const known2 = fetchedOf.get(setting);
        if (known2 !== void 0 && clock.now() < known2.goodUntil) return known2.token;
        const askedAt = clock.now();
        const response = await this.#options.fetch(setting.url, {
          method: "POST",
          headers: {
            "content-type": "application/x-www-form-urlencoded",
            accept: "application/json",
            ...setting.client === void 0 ? {} : { authorization: `Basic ${btoa(setting.client)}` }
          },
          body: "grant_type=client_credentials",
          redirect: "manual",
          signal: AbortSignal.timeout(fetchTimeoutMs)
        });
        if (response.status !== 200) {
          await response.body?.cancel();
          throw new Error(`token service: status ${response.status}`);
        }
        const answer = tokenAnswer.safeParse(await response.json());
        if (!answer.success) throw new Error("token service: no access_token and expires_in");
        const lifeMs = answer.data.expires_in * 1e3;
        const goodUntil = askedAt + lifeMs - Math.min(fetchedMarginMs, lifeMs / 2);
        fetchedOf.set(setting, { token: answer.data.access_token, goodUntil });
        return answer.data.access_token;
      }
    };
  }
});

// node_modules/jose/dist/webapi/util/errors.js
var JOSEError, JWTClaimValidationFailed, JWTExpired, JOSEAlgNotAllowed, JOSENotSupported, JWSInvalid, JWTInvalid, JWSSignatureVerificationFailed;
var init_errors2 = __esm({
  "node_modules/jose/dist/webapi/util/errors.js"() {
    JOSEError = class extends Error {
      static code = "ERR_JOSE_GENERIC";
      code = "ERR_JOSE_GENERIC";
      constructor(message2, options) {
        super(message2, options), this.name = this.constructor.name, Error.captureStackTrace?.(this, this.constructor);
      }
    };
    JWTClaimValidationFailed = class extends JOSEError {
      static code = "ERR_JWT_CLAIM_VALIDATION_FAILED";
      code = "ERR_JWT_CLAIM_VALIDATION_FAILED";
      claim;
      reason;
      payload;
      constructor(message2, payload, claim2 = "unspecified", reason = "unspecified") {
        super(message2, { cause: { claim: claim2, reason, payload } }), this.claim = claim2, this.reason = reason, this.payload = payload;
      }
    };
    JWTExpired = class extends JOSEError {
      static code = "ERR_JWT_EXPIRED";
      code = "ERR_JWT_EXPIRED";
      claim;
      reason;
      payload;
      constructor(message2, payload, claim2 = "unspecified", reason = "unspecified") {
        super(message2, { cause: { claim: claim2, reason, payload } }), this.claim = claim2, this.reason = reason, this.payload = payload;
      }
    };
    JOSEAlgNotAllowed = class extends JOSEError {
      static code = "ERR_JOSE_ALG_NOT_ALLOWED";
      code = "ERR_JOSE_ALG_NOT_ALLOWED";
    };
    JOSENotSupported = class extends JOSEError {
      static code = "ERR_JOSE_NOT_SUPPORTED";
      code = "ERR_JOSE_NOT_SUPPORTED";
    };
    JWSInvalid = class extends JOSEError {
      static code = "ERR_JWS_INVALID";
      code = "ERR_JWS_INVALID";
    };
    JWTInvalid = class extends JOSEError {
      static code = "ERR_JWT_INVALID";
      code = "ERR_JWT_INVALID";
    };
    JWSSignatureVerificationFailed = class extends JOSEError {
      static code = "ERR_JWS_SIGNATURE_VERIFICATION_FAILED";
      code = "ERR_JWS_SIGNATURE_VERIFICATION_FAILED";
      constructor(message2 = "signature verification failed", options) {
        super(message2, options);
      }
    };
  }
});

// node_modules/jose/dist/webapi/lib/key_descriptor.js
function table(entries) {
  const out = { __proto__: null };
  for (const alg in entries)
    out[alg] = { ...entries[alg], alg };
  return out;
}
var init_key_descriptor = __esm({
  "node_modules/jose/dist/webapi/lib/key_descriptor.js"() {
  }
});

// node_modules/jose/dist/webapi/lib/jws_algorithms.js
function hmac(bits) {
  const subtle = { name: "HMAC", hash: `SHA-${bits}` };
  return { kty: ["oct"], secret: true, subtle, signing: subtle, usages: sig };
}
function rsa(bits, saltLength) {
  const subtle = { name: saltLength ? "RSA-PSS" : "RSASSA-PKCS1-v1_5", hash: `SHA-${bits}` };
  return {
    kty: ["RSA"],
    subtle,
    signing: saltLength ? { ...subtle, saltLength } : subtle,
    usages: sig,
    minRsaBits: 2048
  };
}
function ecdsa(crv, bits) {
  return {
    kty: ["EC"],
    crv,
    subtle: { name: "ECDSA", namedCurve: crv },
    signing: { name: "ECDSA", hash: `SHA-${bits}` },
    usages: sig
  };
}
function eddsa() {
  const subtle = { name: "Ed25519" };
  return {
    kty: ["OKP"],
    crv: "Ed25519",
    subtle,
    signing: subtle,
    usages: sig
  };
}
function mldsa(parameterSet) {
  const subtle = { name: `ML-DSA-${parameterSet}` };
  return {
    kty: ["AKP"],
    subtle,
    signing: subtle,
    usages: sig
  };
}
function jwsAlgorithm(alg) {
  const entry = typeof alg == "string" ? JWS[alg] : void 0;
  if (!entry)
    throw new JOSENotSupported(`alg ${alg} is not supported either by JOSE or your javascript runtime`);
  return entry;
}
var sig, JWS;
var init_jws_algorithms = __esm({
  "node_modules/jose/dist/webapi/lib/jws_algorithms.js"() {
    init_errors2();
    init_key_descriptor();
    sig = [["verify"], ["sign"]];
    JWS = table({
      HS256: hmac(256),
      HS384: hmac(384),
      HS512: hmac(512),
      RS256: rsa(256),
      RS384: rsa(384),
      RS512: rsa(512),
      PS256: rsa(256, 32),
      PS384: rsa(384, 48),
      PS512: rsa(512, 64),
      ES256: ecdsa("P-256", 256),
      ES384: ecdsa("P-384", 384),
      ES512: ecdsa("P-521", 512),
      EdDSA: eddsa(),
      Ed25519: eddsa(),
      "ML-DSA-44": mldsa(44),
      "ML-DSA-65": mldsa(65),
      "ML-DSA-87": mldsa(87)
    });
  }
});

// node_modules/jose/dist/webapi/lib/buffer_utils.js
function concat(...buffers) {
  const size = buffers.reduce((acc, { length }) => acc + length, 0), buf = new Uint8Array(size);
  let i = 0;
  for (const buffer of buffers)
    buf.set(buffer, i), i += buffer.length;
  return buf;
}
function encode3(string3) {
  if (typeof string3 == "string" && string3.length >= 128) {
    if (NON_ASCII.test(string3))
      throw new TypeError("non-ASCII string encountered in encode()");
    return encoder.encode(string3);
  }
  const bytes = new Uint8Array(string3.length);
  for (let i = 0; i < string3.length; i++) {
    const code = string3.charCodeAt(i);
    if (code > 127)
      throw new TypeError("non-ASCII string encountered in encode()");
    bytes[i] = code;
  }
  return bytes;
}
function decodeBase64(encoded, url2 = false) {
  if (Uint8Array.fromBase64)
    return Uint8Array.fromBase64(encoded, { alphabet: url2 ? "base64url" : "base64" });
  if (url2) {
    if (encoded.includes("+") || encoded.includes("/"))
      throw new TypeError("Invalid base64url");
    encoded = encoded.replace(/-/g, "+").replace(/_/g, "/");
  }
  const binary = atob(encoded), bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++)
    bytes[i] = binary.charCodeAt(i);
  return bytes;
}
var encoder, decoder, strictDecoder, UINT32_RANGE, NON_ASCII;
var init_buffer_utils = __esm({
  "node_modules/jose/dist/webapi/lib/buffer_utils.js"() {
    encoder = new TextEncoder();
    decoder = new TextDecoder();
    strictDecoder = new TextDecoder("utf-8", { fatal: true });
    UINT32_RANGE = 2 ** 32;
    NON_ASCII = /[^\x00-\x7f]/;
  }
});

// node_modules/jose/dist/webapi/util/base64url.js
function decode2(input) {
  try {
    return decodeBase64(typeof input == "string" ? input : decoder.decode(input), true);
  } catch (cause) {
    throw new TypeError(invalid, { cause });
  }
}
var invalid;
var init_base64url2 = __esm({
  "node_modules/jose/dist/webapi/util/base64url.js"() {
    init_buffer_utils();
    invalid = "The input to be decoded is not correctly encoded.";
  }
});

// node_modules/jose/dist/webapi/lib/validate.js
function isObject3(input) {
  if (typeof input != "object" || input === null || Object.prototype.toString.call(input) !== "[object Object]")
    return false;
  const prototype = Object.getPrototypeOf(input);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
function isDisjoint(...headers) {
  const parameters = /* @__PURE__ */ new Set();
  for (const header of headers)
    if (header)
      for (const parameter of Object.keys(header)) {
        if (parameters.has(parameter))
          return false;
        parameters.add(parameter);
      }
  return true;
}
function decodeBase64url(value, label, ErrorClass) {
  try {
    return decode2(value);
  } catch (cause) {
    throw new ErrorClass(`Failed to base64url decode the ${label}`, { cause });
  }
}
function encodeAsciiMember(value, label, ErrorClass) {
  try {
    return encode3(value);
  } catch (cause) {
    throw new ErrorClass(`The ${label} is not a valid base64url string`, { cause });
  }
}
function parseJoseHeader(encodedProtectedHeader, ErrorClass, message2) {
  let parsed;
  try {
    parsed = JSON.parse(strictDecoder.decode(decode2(encodedProtectedHeader)));
  } catch (cause) {
    throw new ErrorClass(message2, { cause });
  }
  if (!isObject3(parsed))
    throw new ErrorClass(message2);
  return parsed;
}
function validateAlgorithms(option, algorithms) {
  if (algorithms !== void 0 && (!Array.isArray(algorithms) || algorithms.some((s) => typeof s != "string")))
    throw new TypeError(`"${option}" option must be an array of strings`);
  return algorithms === void 0 ? void 0 : new Set(algorithms);
}
function validateCrit(Err, recognizedDefault, recognizedOption, protectedHeader, joseHeader) {
  if (joseHeader.crit !== void 0 && protectedHeader?.crit === void 0)
    throw new Err('"crit" (Critical) Header Parameter MUST be integrity protected');
  if (!protectedHeader || protectedHeader.crit === void 0)
    return [];
  if (!Array.isArray(protectedHeader.crit) || protectedHeader.crit.length === 0 || protectedHeader.crit.some((input) => typeof input != "string" || input.length === 0))
    throw new Err('"crit" (Critical) Header Parameter MUST be an array of non-empty strings when present');
  const recognized = recognizedOption === void 0 ? recognizedDefault : { __proto__: null, ...recognizedOption, ...recognizedDefault };
  for (const parameter of protectedHeader.crit) {
    if (!(parameter in recognized))
      throw new JOSENotSupported(`Extension Header Parameter "${parameter}" is not recognized`);
    if (!Object.hasOwn(joseHeader, parameter) || joseHeader[parameter] === void 0)
      throw new Err(`Extension Header Parameter "${parameter}" is missing`);
    if (recognized[parameter] && (!Object.hasOwn(protectedHeader, parameter) || protectedHeader[parameter] === void 0))
      throw new Err(`Extension Header Parameter "${parameter}" MUST be integrity protected`);
  }
  return protectedHeader.crit;
}
function validateB64(protectedHeader, extensions) {
  if (extensions.includes("b64")) {
    const b64 = protectedHeader.b64;
    if (typeof b64 != "boolean")
      throw new JWSInvalid('The "b64" (base64url-encode payload) Header Parameter must be a boolean');
    return b64;
  }
  return true;
}
var JWS_RECOGNIZED;
var init_validate = __esm({
  "node_modules/jose/dist/webapi/lib/validate.js"() {
    init_errors2();
    init_base64url2();
    init_buffer_utils();
    JWS_RECOGNIZED = { __proto__: null, b64: true };
  }
});

// node_modules/jose/dist/webapi/lib/key.js
async function prepareKey(entry, key, usage) {
  const { alg, secret } = entry, requiresPrivateKey = usage === "decrypt" || usage === "sign";
  if (secret && key instanceof Uint8Array)
    return key;
  let normalized, keyObject;
  if (isObject3(key)) {
    if (normalized = normalizeJwk(key), typeof normalized.kty != "string")
      throw invalidKeyType(alg, key, secret);
    if (!(secret ? normalized.kty === "oct" && typeof normalized.k == "string" : normalized.kty !== "oct" && (requiresPrivateKey ? normalized.kty === "AKP" && typeof normalized.priv == "string" || typeof normalized.d == "string" : normalized.d === void 0 && normalized.priv === void 0)))
      throw new TypeError(secret ? 'JSON Web Key for symmetric algorithms must have JWK "kty" (Key Type) equal to "oct" and the JWK "k" (Key Value) present' : `JSON Web Key for this operation must be a ${requiresPrivateKey ? "private" : "public"} JWK`);
    if (jwkMatchesOp(entry, normalized, usage), normalized.kty === "oct")
      return decode2(normalized.k);
    if (!Object.isFrozen(key)) {
      const { key_ops } = key;
      Array.isArray(key_ops) && Object.freeze(key_ops), Object.freeze(key);
    }
  } else {
    if (!isKeyLike(key))
      throw invalidKeyType(alg, key, secret);
    const expectedType = secret ? "secret" : requiresPrivateKey ? "private" : "public";
    if (key.type !== expectedType && (secret || ["secret", "public", "private"].includes(key.type)))
      throw new TypeError(`${tag(key)} instances must be of type "${expectedType}" for the ${alg} algorithm`);
    if (isCryptoKey(key))
      return key;
    if (keyObject = key, keyObject.type === "secret")
      return keyObject.export();
  }
  cache ||= /* @__PURE__ */ new WeakMap();
  const cacheKey = key;
  let cached2 = cache.get(cacheKey);
  if (cached2?.[alg])
    return cached2[alg];
  if (cached2 || cache.set(cacheKey, cached2 = {}), keyObject && typeof keyObject.toCryptoKey == "function") {
    const isPublic = keyObject.type === "public", crv = nist[keyObject.asymmetricKeyDetails?.namedCurve], params2 = entry.resolve?.({ crv, asymmetricKeyType: keyObject.asymmetricKeyType }) ?? entry.subtle;
    return cached2[alg] = keyObject.toCryptoKey(params2, isPublic, entry.usages[isPublic ? 0 : 1]);
  }
  return normalized ??= keyObject.export({ format: "jwk" }), normalized.alg = alg, cached2[alg] = await jwkToKey(entry, normalized);
}
function message(msg, actual, ...types) {
  if (types.length > 2) {
    const last = types.pop();
    msg += `one of type ${types.join(", ")}, or ${last}.`;
  } else types.length === 2 ? msg += `one of type ${types[0]} or ${types[1]}.` : msg += `of type ${types[0]}.`;
  return actual == null ? msg += ` Received ${actual}` : typeof actual == "function" && actual.name ? msg += ` Received function ${actual.name}` : typeof actual == "object" && actual != null && actual.constructor?.name && (msg += ` Received an instance of ${actual.constructor.name}`), msg;
}
function invalidKeyType(alg, actual, secret) {
  const types = ["CryptoKey", "KeyObject", "JSON Web Key"];
  return secret && types.push("Uint8Array"), new TypeError(message(`Key for the ${alg} algorithm must be `, actual, ...types));
}
function checkUsage(key, usage) {
  if (usage && !key.usages.includes(usage))
    throw new TypeError(`CryptoKey does not support this operation, its usages must include ${usage}.`);
}
function checkModulusLength(alg, key) {
  const { modulusLength } = key.algorithm;
  if (typeof modulusLength != "number" || modulusLength < 2048)
    throw new TypeError(`${alg} requires key modulusLength to be 2048 bits or larger`);
}
function checkCryptoKey(key, expected, usage) {
  const algorithm = key.algorithm;
  if (algorithm.name !== expected.name)
    throw unusable(expected.name);
  if (expected.hash && algorithm.hash?.name !== expected.hash)
    throw unusable(expected.hash, "algorithm.hash");
  if (expected.namedCurve && algorithm.namedCurve !== expected.namedCurve)
    throw unusable(expected.namedCurve, "algorithm.namedCurve");
  if (expected.length !== void 0 && algorithm.length !== expected.length)
    throw unusable(expected.length, "algorithm.length");
  checkUsage(key, usage);
}
function snapshotJwk(jwk) {
  return { __proto__: null, ...jwk };
}
function normalizeJwk(jwk) {
  const normalized = snapshotJwk(jwk);
  if (normalized.ext !== void 0 && typeof normalized.ext != "boolean")
    throw new TypeError('"ext" (Extractable) Parameter must be a boolean');
  if (normalized.key_ops !== void 0) {
    const value = normalized.key_ops, keyOps = Array.isArray(value) ? [...value] : void 0;
    if (!keyOps || keyOps.some((operation) => typeof operation != "string") || new Set(keyOps).size !== keyOps.length)
      throw new TypeError('"key_ops" (Key Operations) Parameter must be an array of unique strings');
    normalized.key_ops = keyOps;
  }
  return normalized;
}
function validateExtractableOption(extractable) {
  if (extractable !== void 0 && typeof extractable != "boolean")
    throw new TypeError('"extractable" option must be a boolean');
  return extractable;
}
async function jwkToKey(entry, jwk, extractable) {
  if (!entry.kty.includes(jwk.kty))
    throw new JOSENotSupported('Invalid or unsupported JWK "alg" (Algorithm) Parameter value');
  const algorithm = entry.resolve?.({ kty: jwk.kty, crv: jwk.crv }) ?? entry.subtle, isPrivate = !!(jwk.d || jwk.priv), keyData = { ...jwk, ext: extractable ?? jwk.ext };
  return keyData.kty !== "AKP" && delete keyData.alg, delete keyData.use, crypto.subtle.importKey("jwk", keyData, algorithm, keyData.ext ?? !isPrivate, jwk.key_ops ?? entry.usages[isPrivate ? 1 : 0]);
}
async function rawKey(key, expected, usage, extractable = false) {
  return key instanceof Uint8Array && (key = await crypto.subtle.importKey("raw", key, expected, extractable, [usage])), checkCryptoKey(key, expected, usage), key;
}
var tag, jwkMatchesOp, cache, nist, isCryptoKey, isKeyObject, isKeyLike, unusable;
var init_key = __esm({
  "node_modules/jose/dist/webapi/lib/key.js"() {
    init_validate();
    init_base64url2();
    init_errors2();
    tag = (key) => key[Symbol.toStringTag];
    jwkMatchesOp = (entry, key, usage) => {
      const { alg } = entry;
      if (key.use !== void 0) {
        const expected = usage === "sign" || usage === "verify" ? "sig" : "enc";
        if (key.use !== expected)
          throw new TypeError(`Invalid key for this operation, its "use" must be "${expected}" when present`);
      }
      if (key.alg !== void 0 && key.alg !== alg)
        throw new TypeError(`Invalid key for this operation, its "alg" must be "${alg}" when present`);
      if (Array.isArray(key.key_ops)) {
        const expectedKeyOp = usage === "encrypt" || usage === "decrypt" ? entry.ops?.[usage === "encrypt" ? 0 : 1] : usage;
        if (expectedKeyOp && !key.key_ops.includes(expectedKeyOp))
          throw new TypeError(`Invalid key for this operation, its "key_ops" must include "${expectedKeyOp}" when present`);
      }
    };
    nist = {
      __proto__: null,
      prime256v1: "P-256",
      secp384r1: "P-384",
      secp521r1: "P-521"
    };
    isCryptoKey = (key) => {
      if (key?.[Symbol.toStringTag] === "CryptoKey")
        return true;
      try {
        return key instanceof CryptoKey;
      } catch {
        return false;
      }
    };
    isKeyObject = (key) => key?.[Symbol.toStringTag] === "KeyObject";
    isKeyLike = (key) => isCryptoKey(key) || isKeyObject(key);
    unusable = (name, prop = "algorithm.name") => new TypeError(`CryptoKey does not support this operation, its ${prop} must be ${name}`);
  }
});

// node_modules/jose/dist/webapi/lib/jws_verify.js
function prepareVerify(options) {
  return [options && validateAlgorithms("algorithms", options.algorithms), options?.crit];
}
function parseProtectedHeader(encodedProtectedHeader) {
  return encodedProtectedHeader === void 0 ? {} : parseJoseHeader(encodedProtectedHeader, JWSInvalid, "JWS Protected Header is invalid");
}
function encodeCompactUnencodedPayload(payload) {
  try {
    return encode3(payload);
  } catch (cause) {
    throw new JWSInvalid("JWS Compact Serialization payload must use only ASCII characters", {
      cause
    });
  }
}
async function verifySignature(jws, shared, key, encodeUnencodedPayload, parsedProtected) {
  const { protected: encodedProtectedHeader, header, payload: inputPayload } = jws, protectedHeader = parsedProtected ?? parseProtectedHeader(encodedProtectedHeader);
  if (!isDisjoint(protectedHeader, header))
    throw new JWSInvalid("JWS Protected and JWS Unprotected Header Parameter names must be disjoint");
  const joseHeader = { ...protectedHeader, ...header }, b64 = validateB64(protectedHeader, validateCrit(JWSInvalid, JWS_RECOGNIZED, shared[1], protectedHeader, joseHeader)), { alg } = joseHeader;
  if (typeof alg != "string" || !alg)
    throw new JWSInvalid('JWS "alg" (Algorithm) Header Parameter missing or invalid');
  if (shared[0] && !shared[0].has(alg))
    throw new JOSEAlgNotAllowed('"alg" (Algorithm) Header Parameter value not allowed');
  if (b64) {
    if (typeof inputPayload != "string")
      throw new JWSInvalid("JWS Payload must be a string");
  } else if (typeof inputPayload != "string" && !(inputPayload instanceof Uint8Array))
    throw new JWSInvalid("JWS Payload must be a string or an Uint8Array instance");
  const signingPayload = b64 || typeof inputPayload != "string" ? inputPayload : encodeUnencodedPayload(inputPayload);
  let resolvedKey = false;
  typeof key == "function" && (key = await key(protectedHeader, jws), resolvedKey = true);
  const entry = jwsAlgorithm(alg), signingInput = concat(encodedProtectedHeader !== void 0 ? encode3(encodedProtectedHeader) : new Uint8Array(), encode3("."), typeof signingPayload == "string" ? shared[2] ??= encodeAsciiMember(signingPayload, "payload", JWSInvalid) : signingPayload), signature = decodeBase64url(jws.signature, "signature", JWSInvalid), verificationKey = await prepareKey(entry, key, "verify"), cryptoKey = await rawKey(verificationKey, entry.subtle, "verify");
  entry.minRsaBits && checkModulusLength(entry.alg, cryptoKey);
  let verified = false;
  try {
    verified = await crypto.subtle.verify(entry.signing, cryptoKey, signature, signingInput);
  } catch (cause) {
    throw new JWSSignatureVerificationFailed(void 0, { cause });
  }
  if (!verified)
    throw new JWSSignatureVerificationFailed();
  const result = { payload: typeof signingPayload == "string" ? decodeBase64url(signingPayload, "payload", JWSInvalid) : signingPayload };
  return encodedProtectedHeader !== void 0 && (result.protectedHeader = protectedHeader), header !== void 0 && (result.unprotectedHeader = header), resolvedKey ? [{ ...result, key: verificationKey }, b64] : [result, b64];
}
async function verifyCompact(jws, shared, key) {
  if (jws instanceof Uint8Array && (jws = decoder.decode(jws)), typeof jws != "string")
    throw new JWSInvalid("Compact JWS must be a string or Uint8Array");
  const { 0: protectedHeader, 1: payload, 2: signature, length } = jws.split(".");
  if (length !== 3)
    throw new JWSInvalid("Invalid Compact JWS");
  return verifySignature({ payload, protected: protectedHeader, signature }, shared, key, encodeCompactUnencodedPayload);
}
var init_jws_verify = __esm({
  "node_modules/jose/dist/webapi/lib/jws_verify.js"() {
    init_jws_algorithms();
    init_errors2();
    init_buffer_utils();
    init_validate();
    init_key();
  }
});

// node_modules/jose/dist/webapi/lib/jwt_claims_set.js
function invalidDuration() {
  throw new TypeError("Invalid time period format");
}
function secs(str) {
  typeof str != "string" && invalidDuration();
  const matched = REGEX.exec(str);
  (!matched || matched[4] && matched[1]) && invalidDuration();
  const value = parseFloat(matched[2]), durationSeconds = Math.round(value * multipliers[matched[3][0].toLowerCase()]);
  return Number.isFinite(durationSeconds) || invalidDuration(), matched[1] === "-" || matched[4] === "ago" ? -durationSeconds : durationSeconds;
}
function validateInput(label, input) {
  if (!Number.isFinite(input))
    throw new TypeError(`Invalid ${label} input`);
  return input;
}
function validateNumericDate(claimsSet, claim2, required2 = false) {
  const value = claimsSet[claim2];
  if (!(value === void 0 && !required2)) {
    if (typeof value != "number")
      throw new JWTClaimValidationFailed(`"${claim2}" claim must be a number`, claimsSet, claim2, "invalid");
    return value;
  }
}
function unexpectedClaim(claimsSet, claim2) {
  throw new JWTClaimValidationFailed(`unexpected "${claim2}" claim value`, claimsSet, claim2, checkFailed);
}
function validateClaimsSet(protectedHeader, claimsSetBytes, options = {}) {
  let claimsSet;
  try {
    claimsSet = JSON.parse(strictDecoder.decode(claimsSetBytes));
  } catch (cause) {
    throw new JWTInvalid("JWT Claims Set must be a top-level JSON object", { cause });
  }
  if (!isObject3(claimsSet))
    throw new JWTInvalid("JWT Claims Set must be a top-level JSON object");
  const { typ } = options;
  if (typ !== void 0 && (typeof protectedHeader.typ != "string" || normalizeTyp(protectedHeader.typ) !== normalizeTyp(typ)))
    throw new JWTClaimValidationFailed('unexpected "typ" JWT header value', claimsSet, "typ", checkFailed);
  const { requiredClaims = [], issuer, subject, audience, maxTokenAge } = options, presenceCheck = [...requiredClaims];
  maxTokenAge !== void 0 && presenceCheck.push("iat"), audience !== void 0 && presenceCheck.push("aud"), subject !== void 0 && presenceCheck.push("sub"), issuer !== void 0 && presenceCheck.push("iss");
  for (const claim2 of new Set(presenceCheck.reverse()))
    if (!Object.hasOwn(claimsSet, claim2))
      throw new JWTClaimValidationFailed(`missing required "${claim2}" claim`, claimsSet, claim2, "missing");
  issuer !== void 0 && !(Array.isArray(issuer) ? issuer : [issuer]).includes(claimsSet.iss) && unexpectedClaim(claimsSet, "iss"), subject !== void 0 && claimsSet.sub !== subject && unexpectedClaim(claimsSet, "sub"), audience !== void 0 && !checkAudiencePresence(claimsSet.aud, typeof audience == "string" ? [audience] : audience) && unexpectedClaim(claimsSet, "aud");
  const { clockTolerance } = options;
  let tolerance = 0;
  if (typeof clockTolerance == "string")
    tolerance = secs(clockTolerance);
  else if (clockTolerance !== void 0) {
    if (typeof clockTolerance != "number")
      throw new TypeError("Invalid clockTolerance option type");
    tolerance = clockTolerance;
  }
  if (validateInput("clockTolerance option", tolerance), tolerance < 0)
    throw new TypeError("Invalid clockTolerance option input");
  const { currentDate } = options, now = validateInput("currentDate option", epoch(currentDate === void 0 ? /* @__PURE__ */ new Date() : currentDate)), iat = validateNumericDate(claimsSet, "iat", maxTokenAge !== void 0), nbf = validateNumericDate(claimsSet, "nbf");
  if (nbf !== void 0 && nbf > now + tolerance)
    throw new JWTClaimValidationFailed('"nbf" claim timestamp check failed', claimsSet, "nbf", checkFailed);
  const exp = validateNumericDate(claimsSet, "exp");
  if (exp !== void 0 && exp <= now - tolerance)
    throw new JWTExpired('"exp" claim timestamp check failed', claimsSet, "exp", checkFailed);
  if (maxTokenAge !== void 0) {
    const age = now - iat, max = validateInput("maxTokenAge option", typeof maxTokenAge == "number" ? maxTokenAge : secs(maxTokenAge));
    if (max < 0)
      throw new TypeError("Invalid maxTokenAge option input");
    if (age - tolerance > max)
      throw new JWTExpired('"iat" claim timestamp check failed (too far in the past)', claimsSet, "iat", checkFailed);
    if (age < -tolerance)
      throw new JWTClaimValidationFailed('"iat" claim timestamp check failed (it should be in the past)', claimsSet, "iat", checkFailed);
  }
  return claimsSet;
}
var epoch, multipliers, REGEX, checkFailed, normalizeTyp, checkAudiencePresence;
var init_jwt_claims_set = __esm({
  "node_modules/jose/dist/webapi/lib/jwt_claims_set.js"() {
    init_errors2();
    init_buffer_utils();
    init_validate();
    epoch = (date2) => Math.floor(date2.getTime() / 1e3);
    multipliers = {
      s: 1,
      m: 60,
      h: 3600,
      d: 86400,
      w: 604800,
      y: 31557600
    };
    REGEX = /^(\+|\-)? ?(\d+|\d+\.\d+) ?(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|years?|yrs?|y)(?: (ago|from now))?$/i;
    checkFailed = "check_failed";
    normalizeTyp = (value) => {
      const normalized = value.toLowerCase();
      return value.includes("/") ? normalized : `application/${normalized}`;
    };
    checkAudiencePresence = (audPayload, audOption) => typeof audPayload == "string" ? audOption.includes(audPayload) : Array.isArray(audPayload) ? audOption.some((aud) => audPayload.includes(aud)) : false;
  }
});

// node_modules/jose/dist/webapi/jwt/verify.js
async function jwtVerify(jwt, key, options) {
  const [verified, b64] = await verifyCompact(jwt, prepareVerify(options), key);
  if (!b64)
    throw new JWTInvalid("JWTs MUST NOT use unencoded payload");
  const payload = validateClaimsSet(verified.protectedHeader, verified.payload, options);
  return { ...verified, payload };
}
var init_verify = __esm({
  "node_modules/jose/dist/webapi/jwt/verify.js"() {
    init_jws_verify();
    init_jwt_claims_set();
    init_errors2();
  }
});

// party/auth/verify-token.ts
var verify_token_exports = {};
__export(verify_token_exports, {
  TokenVerifier: () => TokenVerifier
});
function refuse2(detail) {
  return fail({ code: "unauthenticated", detail });
}
var maxTokenLength, maxRejectedKids, UnknownKey, KeysUnavailable, TokenVerifier;
var init_verify_token = __esm({
  "party/auth/verify-token.ts"() {
    "use strict";
    init_errors2();
    init_verify();
    init_result();
    init_claims();
    init_keys();
    maxTokenLength = 8192;
    maxRejectedKids = 100;
    UnknownKey = class extends Error {
    };
    KeysUnavailable = class extends Error {
    };
    TokenVerifier = class {
      #options;
      #used = /* @__PURE__ */ new Set();
      #rejected = /* @__PURE__ */ new Set();
      constructor(options) {
        this.#options = options;
      }
      /** Never rejects. What is wrong with a signature or a key is one sentence: the difference helps only who tries keys. */
      async verify(token) {
        const { issuer, audience, clock } = this.#options;
        if (token === void 0 || token === "") return refuse2("A token is needed.");
        if (token.length > maxTokenLength) return refuse2(`A token has at most ${maxTokenLength} characters.`);
        const now = clock.now();
        try {
          const { payload } = await jwtVerify(token, this.#keyFor, {
            algorithms: ["HS256", "EdDSA", "Ed25519", "ES256", "RS256"],
            ...issuer === void 0 ? {} : { issuer },
            ...audience === void 0 ? {} : { audience },
            clockTolerance: clockSkewMs / 1e3,
            currentDate: new Date(now)
          });
          return parseClaims(payload, now);
        } catch (error) {
          if (error instanceof KeysUnavailable) return fail({ code: "internal" });
          if (error instanceof JWTExpired) return refuse2("The token has expired.");
          if (error instanceof JWTClaimValidationFailed) return refuse2(`The token's ${error.claim} is not accepted here.`);
          return refuse2("The token's signature is not accepted here.");
        }
      }
      #keyFor = async ({ kid, alg }) => {
        if (kid === void 0 || !kidPattern.test(kid)) throw new UnknownKey();
        const found = await this.#options.keys.find(kid).catch((cause) => {
          throw new KeysUnavailable("no keys", { cause });
        });
        if (found === void 0 || found.alg !== (alg === "Ed25519" ? "EdDSA" : alg)) {
          this.#once(this.#rejected, { name: "key-rejected", kid });
          throw new UnknownKey();
        }
        this.#once(this.#used, { name: "key-first-used", kid });
        return found.key;
      };
      #once(seen, event) {
        if (seen.has(event.kid) || seen.size >= maxRejectedKids) return;
        seen.add(event.kid);
        this.#options.report(event);
      }
    };
  }
});

// node_modules/jose/dist/webapi/lib/jwe_algorithms.js
function rsaes(bits) {
  return {
    kty: ["RSA"],
    mode: "key-encryption",
    subtle: { name: "RSA-OAEP", hash: `SHA-${bits}` },
    usages: wrap,
    ops: ["wrapKey", "unwrapKey"]
  };
}
function ecdh(mode) {
  return {
    kty: ["EC", "OKP"],
    mode,
    subtle: { name: "ECDH" },
    resolve: ({ kty, crv, asymmetricKeyType }) => {
      if (crv === "X25519" || asymmetricKeyType === "x25519")
        return { name: "X25519" };
      if (kty === "OKP")
        throw new JOSENotSupported('Invalid or unsupported JWK "alg" (Algorithm) Parameter value');
      return { name: "ECDH", namedCurve: crv };
    },
    usages: derive,
    ops: [void 0, "deriveBits"]
  };
}
function aeskw(bits, gcm = false) {
  return {
    kty: ["oct"],
    mode: "key-wrapping",
    secret: true,
    subtle: { name: gcm ? "AES-GCM" : "AES-KW", length: bits },
    usages: none,
    ops: gcm ? ["encrypt", "decrypt"] : ["wrapKey", "unwrapKey"]
  };
}
function pbes2() {
  return {
    kty: ["oct"],
    mode: "key-wrapping",
    secret: true,
    subtle: { name: "PBKDF2" },
    usages: none,
    ops: ["deriveBits", "deriveBits"]
  };
}
function contentEncryption(bits, cbc = false) {
  return {
    kty: ["oct"],
    secret: true,
    subtle: { name: cbc ? "AES-CBC" : "AES-GCM", length: bits },
    usages: none,
    ops: contentOps,
    cekBits: bits,
    ivBits: cbc ? 128 : 96,
    cbc
  };
}
var wrap, derive, none, JWE, contentOps, ENC;
var init_jwe_algorithms = __esm({
  "node_modules/jose/dist/webapi/lib/jwe_algorithms.js"() {
    init_errors2();
    init_key_descriptor();
    wrap = [
      ["encrypt", "wrapKey"],
      ["decrypt", "unwrapKey"]
    ];
    derive = [[], ["deriveBits"]];
    none = [[], []];
    JWE = table({
      dir: {
        kty: ["oct"],
        mode: "direct-encryption",
        secret: true,
        subtle: { name: "AES-GCM" },
        usages: none,
        ops: ["encrypt", "decrypt"]
      },
      "RSA-OAEP": rsaes(1),
      "RSA-OAEP-256": rsaes(256),
      "RSA-OAEP-384": rsaes(384),
      "RSA-OAEP-512": rsaes(512),
      "ECDH-ES": ecdh("direct-key-agreement"),
      "ECDH-ES+A128KW": ecdh("key-agreement-with-key-wrapping"),
      "ECDH-ES+A192KW": ecdh("key-agreement-with-key-wrapping"),
      "ECDH-ES+A256KW": ecdh("key-agreement-with-key-wrapping"),
      A128KW: aeskw(128),
      A192KW: aeskw(192),
      A256KW: aeskw(256),
      A128GCMKW: aeskw(128, true),
      A192GCMKW: aeskw(192, true),
      A256GCMKW: aeskw(256, true),
      "PBES2-HS256+A128KW": pbes2(),
      "PBES2-HS384+A192KW": pbes2(),
      "PBES2-HS512+A256KW": pbes2()
    });
    contentOps = ["encrypt", "decrypt"];
    ENC = table({
      A128GCM: contentEncryption(128),
      A192GCM: contentEncryption(192),
      A256GCM: contentEncryption(256),
      "A128CBC-HS256": contentEncryption(256, true),
      "A192CBC-HS384": contentEncryption(384, true),
      "A256CBC-HS512": contentEncryption(512, true)
    });
  }
});

// node_modules/jose/dist/webapi/lib/key_algorithm.js
function unsupportedAlg(source = 'JWK "alg" (Algorithm) Parameter') {
  throw new JOSENotSupported(`Invalid or unsupported ${source} value`);
}
function keyAlgorithm(alg, source) {
  return (typeof alg == "string" ? JWS[alg] ?? JWE[alg] : void 0) ?? unsupportedAlg(source);
}
var init_key_algorithm = __esm({
  "node_modules/jose/dist/webapi/lib/key_algorithm.js"() {
    init_errors2();
    init_jws_algorithms();
    init_jwe_algorithms();
  }
});

// node_modules/jose/dist/webapi/key/import.js
async function importJWK(jwk, alg, options) {
  if (!isObject3(jwk))
    throw new TypeError("JWK must be an object");
  const normalized = normalizeJwk(jwk), extractable = validateExtractableOption(options?.extractable), { alg: jwkAlg } = normalized;
  if (alg ??= jwkAlg, normalized.kty !== "oct" && !alg)
    throw new TypeError('"alg" argument is required when "jwk.alg" is not present');
  switch (normalized.kty) {
    case "oct":
      if (typeof normalized.k != "string")
        throw new TypeError('missing "k" (Key Value) Parameter value');
      return decode2(normalized.k);
    case "AKP": {
      if (typeof jwkAlg != "string" || !jwkAlg)
        throw new TypeError('missing "alg" (Algorithm) Parameter value');
      if (alg !== jwkAlg)
        throw new TypeError("JWK alg and alg option value mismatch");
      return jwkToKey(keyAlgorithm(alg), normalized, extractable);
    }
    case "RSA":
    case "EC":
    case "OKP":
      return jwkToKey(keyAlgorithm(alg), normalized, extractable);
    default:
      throw new JOSENotSupported('Unsupported "kty" (Key Type) Parameter value');
  }
}
var init_import = __esm({
  "node_modules/jose/dist/webapi/key/import.js"() {
    init_base64url2();
    init_key();
    init_key_algorithm();
    init_errors2();
    init_validate();
  }
});

// party/auth/key-set.ts
async function parseKeySet(text3) {
  const set = jwksSchema.safeParse(jsonOf(text3));
  if (!set.success) return void 0;
  const keys = /* @__PURE__ */ new Map();
  for (const entry of set.data.keys) {
    const parsed = jwkSchema.safeParse(entry);
    const alg = parsed.success ? algorithmOf(parsed.data) : void 0;
    if (!parsed.success || alg === void 0) continue;
    const { kid } = parsed.data;
    try {
      keys.set(kid, { alg, key: await importJWK(withoutAbsent(parsed.data), alg) });
    } catch {
    }
  }
  return keys;
}
function algorithmOf({ kty, crv, use, alg }) {
  if (use !== void 0 && use !== "sig") return void 0;
  const kind = kty === "OKP" && crv === "Ed25519" ? "EdDSA" : kty === "EC" && crv === "P-256" ? "ES256" : kty === "RSA" ? "RS256" : void 0;
  const isNamed = alg === void 0 || alg === kind || alg === "Ed25519" && kind === "EdDSA";
  return isNamed ? kind : void 0;
}
function withoutAbsent({ kty, crv, x, y, n, e }) {
  const given = Object.entries({ crv, x, y, n, e }).filter(
    (entry) => entry[1] !== void 0
  );
  return { kty, ...Object.fromEntries(given) };
}
var jwkSchema, jwksSchema;
var init_key_set = __esm({
  "party/auth/key-set.ts"() {
    "use strict";
    init_import();
    init_mini();
    init_base64url();
    init_keys();
    jwkSchema = object({
      kty: string2(),
      kid: string2().check(_regex(kidPattern)),
      use: optional(string2()),
      alg: optional(string2()),
      crv: optional(string2()),
      x: optional(string2()),
      y: optional(string2()),
      n: optional(string2()),
      e: optional(string2())
    });
    jwksSchema = object({ keys: array(unknown()).check(_maxLength(100)) });
  }
});

// party/auth/jwks-keys.ts
var jwks_keys_exports = {};
__export(jwks_keys_exports, {
  JwksKeys: () => JwksKeys,
  jwksCooldownMs: () => jwksCooldownMs,
  jwksMaxAgeMs: () => jwksMaxAgeMs,
  jwksStaleMs: () => jwksStaleMs
});
async function boundedText(response) {
  const decoder2 = new TextDecoder();
  let text3 = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`more than ${maxBytes} bytes`);
    text3 += decoder2.decode(chunk, { stream: true });
  }
  return text3 + decoder2.decode();
}
var jwksMaxAgeMs, jwksCooldownMs, jwksStaleMs, fetchTimeoutMs2, maxBytes, JwksKeys;
var init_jwks_keys = __esm({
  "party/auth/jwks-keys.ts"() {
    "use strict";
    init_key_set();
    jwksMaxAgeMs = 3e5;
    jwksCooldownMs = 1e4;
    jwksStaleMs = 36e5;
    fetchTimeoutMs2 = 5e3;
    maxBytes = 128 * 1024;
    JwksKeys = class {
      #options;
      #keys;
      #fetchedAt = Number.NEGATIVE_INFINITY;
      /** Of the last try, whatever came of it. */
      #askedAt = Number.NEGATIVE_INFINITY;
      #failedAt = Number.NEGATIVE_INFINITY;
      constructor(options) {
        this.#options = options;
      }
      async find(kid) {
        const now = this.#options.clock.now();
        if (this.#mustAsk(kid, now)) await this.#refresh(now);
        if (this.#keys === void 0 || now - this.#fetchedAt >= jwksStaleMs) throw new Error("no key set");
        return this.#keys.get(kid);
      }
      #mustAsk(kid, now) {
        if (this.#keys === void 0) return now - this.#failedAt >= jwksCooldownMs;
        if (now - this.#askedAt < jwksCooldownMs) return false;
        return now - this.#fetchedAt >= jwksMaxAgeMs || !this.#keys.has(kid);
      }
      async #refresh(now) {
        this.#askedAt = now;
        try {
          const keys = await this.#fetch();
          if (now < this.#fetchedAt) return;
          for (const kid of this.#keys?.keys() ?? [])
            if (!keys.has(kid)) this.#options.report({ name: "key-retired", kid });
          this.#keys = keys;
          this.#fetchedAt = now;
        } catch (cause) {
          this.#failedAt = now;
          this.#options.report({ name: "keys-unread", cause });
        }
      }
      async #fetch() {
        const response = await this.#options.fetch(this.#options.url, {
          headers: { accept: "application/jwk-set+json, application/json" },
          redirect: "manual",
          signal: AbortSignal.timeout(fetchTimeoutMs2)
        });
        if (response.status !== 200) {
          await response.body?.cancel();
          throw new Error(`status ${response.status}`);
        }
        const keys = await parseKeySet(await boundedText(response));
        if (keys === void 0) throw new Error("not a key set");
        return keys;
      }
    };
  }
});

// party/upstream/batch-builder.ts
function isCount(value) {
  return Number.isSafeInteger(value) && value >= 0;
}
var usableId, BatchBuilder;
var init_batch_builder = __esm({
  "party/upstream/batch-builder.ts"() {
    "use strict";
    usableId = /^[\x21-\x7e][\x20-\x7e]{0,255}$/;
    BatchBuilder = class {
      #parts = [];
      #kind;
      #text = "";
      #rest = {};
      #ended = false;
      /** The answer said its last word; what follows is not for us. */
      get ended() {
        return this.#ended;
      }
      text(kind, text3) {
        if (this.#kind !== kind) {
          this.#closeText();
          this.#kind = kind;
        }
        this.#text += text3;
      }
      part(part) {
        this.#closeText();
        this.#parts.push(part);
      }
      /**
       * The id of the event just read. One without a usable id takes back the id before it: a batch's id says that all of the
       * batch lies at or before it, and a resume after a smaller id only repeats what the turn skips.
       */
      eventId(id) {
        if (id !== void 0 && usableId.test(id)) this.#rest.eventId = id;
        else delete this.#rest.eventId;
      }
      start(start) {
        this.#rest.start = start;
      }
      usage(usage) {
        this.#rest.usage = { ...this.#rest.usage, ...usage };
      }
      /** Takes the counts of an object that may have them. Nothing else in it is worth failing an answer for. */
      usageIn(value) {
        const { inputTokens, outputTokens } = value ?? {};
        if (isCount(inputTokens)) this.usage({ inputTokens });
        if (isCount(outputTokens)) this.usage({ outputTokens });
      }
      end(end) {
        this.#rest.end = end;
        this.#ended = true;
      }
      /** What came since the last call. */
      take() {
        this.#closeText();
        const batch = { ...this.#rest, parts: this.#parts };
        this.#parts = [];
        this.#rest = {};
        return batch;
      }
      #closeText() {
        if (this.#kind !== void 0 && this.#text !== "") this.#parts.push({ kind: this.#kind, text: this.#text });
        this.#kind = void 0;
        this.#text = "";
      }
    };
  }
});

// party/upstream/chunks.ts
async function* chunksOf(body, signal) {
  const reader = body.getReader();
  const cancel = () => void reader.cancel(signal.reason).catch(() => void 0);
  signal.addEventListener("abort", cancel, { once: true });
  try {
    for (; ; ) {
      signal.throwIfAborted();
      const { done, value } = await reader.read().catch((cause) => {
        signal.throwIfAborted();
        throw new UpstreamFailure("upstream-truncated", true, { cause });
      });
      signal.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}
var init_chunks = __esm({
  "party/upstream/chunks.ts"() {
    "use strict";
    init_ports();
  }
});

// node_modules/eventsource-parser/dist/errors.js
var ParseError;
var init_errors3 = __esm({
  "node_modules/eventsource-parser/dist/errors.js"() {
    ParseError = class extends Error {
      constructor(message2, options) {
        super(message2);
        this.name = "ParseError";
        this.type = options.type;
        this.field = options.field;
        this.value = options.value;
        this.line = options.line;
      }
    };
  }
});

// node_modules/eventsource-parser/dist/parse.js
function createParser(config2) {
  if (typeof config2 === "function") {
    throw new TypeError("`config` must be an object, got a function instead. Did you mean `createParser({onEvent: fn})`?");
  }
  const { maxBufferSize, onComment, onError, onEvent, onId, onRetry } = config2;
  const pendingFragments = [];
  let pendingFragmentsLength = 0;
  let bomPrefix = "";
  let id;
  let data = "";
  let dataLines = 0;
  let eventType;
  let terminated = false;
  let skippingLine = false;
  let skipNextLineFeed = false;
  function feed(chunk) {
    if (terminated) {
      throw new Error("Cannot feed parser: it was terminated after exceeding the configured max buffer size. Call `reset()` to resume parsing.");
    }
    if (bomPrefix !== void 0) {
      chunk = bomPrefix + chunk;
      if (chunk === "" || chunk === "\xEF" || chunk === "\xEF\xBB") {
        bomPrefix = chunk;
        return;
      }
      bomPrefix = void 0;
      chunk = chunk.replace(/^(?:\uFEFF|\xEF\xBB\xBF)/, "");
    }
    if (skippingLine || skipNextLineFeed) {
      chunk = resumeAfterSkip(chunk);
      if (!chunk) {
        return;
      }
    }
    if (!pendingFragments.length) {
      const trailing2 = processLines(chunk);
      if (trailing2 !== "") {
        storeTrailing(trailing2);
      }
      checkForBufferOverflow();
      return;
    }
    if (chunk.indexOf("\n") === -1 && chunk.indexOf("\r") === -1) {
      if (pendingFragmentsLength < MAX_FIELD_PREFIX_LENGTH) {
        const head = pendingFragments.join("") + chunk.slice(0, MAX_FIELD_PREFIX_LENGTH - pendingFragmentsLength);
        if (!shouldBufferTrailing(head)) {
          pendingFragments.length = 0;
          pendingFragmentsLength = 0;
          skippingLine = true;
          return;
        }
      }
      pendingFragments.push(chunk);
      pendingFragmentsLength += chunk.length;
      checkForBufferOverflow();
      return;
    }
    pendingFragments.push(chunk);
    const input = pendingFragments.join("");
    pendingFragments.length = 0;
    pendingFragmentsLength = 0;
    storeTrailing(processLines(input));
    checkForBufferOverflow();
  }
  function resumeAfterSkip(chunk) {
    if (chunk.length === 0) {
      return chunk;
    }
    if (skipNextLineFeed) {
      skipNextLineFeed = false;
      return chunk.charCodeAt(0) === LF ? chunk.slice(1) : chunk;
    }
    const crIndex = chunk.indexOf("\r");
    const lfIndex = chunk.indexOf("\n");
    const lineEnd = crIndex === -1 ? lfIndex : lfIndex === -1 ? crIndex : crIndex < lfIndex ? crIndex : lfIndex;
    if (lineEnd === -1) {
      return "";
    }
    if (lineEnd === chunk.length - 1 && chunk.charCodeAt(lineEnd) === CR) {
      skippingLine = false;
      skipNextLineFeed = true;
      return "";
    }
    skippingLine = false;
    return chunk.slice(lineEnd + (chunk.charCodeAt(lineEnd) === CR && chunk.charCodeAt(lineEnd + 1) === LF ? 2 : 1));
  }
  function storeTrailing(trailing2) {
    if (!trailing2)
      return;
    if (trailing2.charCodeAt(trailing2.length - 1) === CR) {
      parseLine(trailing2, 0, trailing2.length - 1);
      if (checkForBufferOverflow())
        return;
      skipNextLineFeed = true;
      return;
    }
    if (shouldBufferTrailing(trailing2)) {
      pendingFragments.push(trailing2);
      pendingFragmentsLength = trailing2.length;
      return;
    }
    skippingLine = true;
  }
  function shouldBufferTrailing(trailing2) {
    const firstCharCode = trailing2.charCodeAt(0);
    return firstCharCode === 58 && !!onComment || firstCharCode === 100 && isPotentialField(trailing2, "data") || firstCharCode === 101 && isPotentialField(trailing2, "event") || firstCharCode === 105 && isPotentialField(trailing2, "id") || firstCharCode === 114 && isPotentialField(trailing2, "retry");
  }
  function checkForBufferOverflow() {
    if (terminated)
      return true;
    if (maxBufferSize === void 0)
      return false;
    if (pendingFragmentsLength + data.length <= maxBufferSize)
      return false;
    terminated = true;
    pendingFragments.length = 0;
    pendingFragmentsLength = 0;
    id = void 0;
    data = "";
    dataLines = 0;
    eventType = void 0;
    skippingLine = false;
    skipNextLineFeed = false;
    onError === null || onError === void 0 ? void 0 : onError(new ParseError(`Buffered data exceeded max buffer size of ${maxBufferSize} characters`, {
      type: "max-buffer-size-exceeded"
    }));
    return true;
  }
  function processLines(chunk) {
    let searchIndex = 0;
    if (chunk.indexOf("\r") === -1) {
      let lfIndex2 = chunk.indexOf("\n", searchIndex);
      while (lfIndex2 !== -1) {
        if (searchIndex === lfIndex2) {
          if (id !== void 0) {
            onId === null || onId === void 0 ? void 0 : onId(id);
          }
          if (dataLines > 0) {
            onEvent === null || onEvent === void 0 ? void 0 : onEvent({ id, event: eventType, data });
          }
          id = void 0;
          data = "";
          dataLines = 0;
          eventType = void 0;
          searchIndex = lfIndex2 + 1;
          lfIndex2 = chunk.indexOf("\n", searchIndex);
          continue;
        }
        const firstCharCode = chunk.charCodeAt(searchIndex);
        if (isDataPrefix(chunk, searchIndex, firstCharCode)) {
          const valueStart = chunk.charCodeAt(searchIndex + 5) === SPACE ? searchIndex + 6 : searchIndex + 5;
          const value = chunk.slice(valueStart, lfIndex2);
          if (dataLines === 0 && chunk.charCodeAt(lfIndex2 + 1) === LF) {
            if (id !== void 0) {
              onId === null || onId === void 0 ? void 0 : onId(id);
            }
            onEvent === null || onEvent === void 0 ? void 0 : onEvent({ id, event: eventType, data: value });
            id = void 0;
            data = "";
            eventType = void 0;
            searchIndex = lfIndex2 + 2;
            lfIndex2 = chunk.indexOf("\n", searchIndex);
            continue;
          }
          data = dataLines === 0 ? value : `${data}
${value}`;
          dataLines++;
        } else if (isEventPrefix(chunk, searchIndex, firstCharCode)) {
          eventType = chunk.slice(chunk.charCodeAt(searchIndex + 6) === SPACE ? searchIndex + 7 : searchIndex + 6, lfIndex2) || void 0;
        } else {
          parseLine(chunk, searchIndex, lfIndex2);
        }
        if (checkForBufferOverflow())
          return "";
        searchIndex = lfIndex2 + 1;
        lfIndex2 = chunk.indexOf("\n", searchIndex);
      }
      return chunk.slice(searchIndex);
    }
    let crIndex = chunk.indexOf("\r", searchIndex);
    let lfIndex = chunk.indexOf("\n", searchIndex);
    while (searchIndex < chunk.length) {
      let lineEnd = -1;
      if (crIndex !== -1 && lfIndex !== -1) {
        lineEnd = crIndex < lfIndex ? crIndex : lfIndex;
      } else if (crIndex !== -1) {
        if (crIndex === chunk.length - 1) {
          lineEnd = -1;
        } else {
          lineEnd = crIndex;
        }
      } else if (lfIndex !== -1) {
        lineEnd = lfIndex;
      }
      if (lineEnd === -1) {
        break;
      }
      parseLine(chunk, searchIndex, lineEnd);
      if (checkForBufferOverflow())
        return "";
      searchIndex = lineEnd + 1;
      if (chunk.charCodeAt(searchIndex - 1) === CR && chunk.charCodeAt(searchIndex) === LF) {
        searchIndex++;
      }
      if (crIndex !== -1 && crIndex < searchIndex) {
        crIndex = chunk.indexOf("\r", searchIndex);
      }
      if (lfIndex !== -1 && lfIndex < searchIndex) {
        lfIndex = chunk.indexOf("\n", searchIndex);
      }
    }
    return chunk.slice(searchIndex);
  }
  function parseLine(chunk, start, end) {
    if (start === end) {
      dispatchEvent();
      return;
    }
    const firstCharCode = chunk.charCodeAt(start);
    if (isDataPrefix(chunk, start, firstCharCode)) {
      const valueStart = chunk.charCodeAt(start + 5) === SPACE ? start + 6 : start + 5;
      const value2 = chunk.slice(valueStart, end);
      data = dataLines === 0 ? value2 : `${data}
${value2}`;
      dataLines++;
      return;
    }
    if (isEventPrefix(chunk, start, firstCharCode)) {
      eventType = chunk.slice(chunk.charCodeAt(start + 6) === SPACE ? start + 7 : start + 6, end) || void 0;
      return;
    }
    if (firstCharCode === 105 && chunk.charCodeAt(start + 1) === 100 && chunk.charCodeAt(start + 2) === 58) {
      const value2 = chunk.slice(chunk.charCodeAt(start + 3) === SPACE ? start + 4 : start + 3, end);
      if (!value2.includes("\0"))
        id = value2;
      return;
    }
    if (firstCharCode === 58) {
      if (onComment) {
        const line2 = chunk.slice(start, end);
        onComment(line2.slice(chunk.charCodeAt(start + 1) === SPACE ? 2 : 1));
      }
      return;
    }
    const line = chunk.slice(start, end);
    const fieldSeparatorIndex = line.indexOf(":");
    if (fieldSeparatorIndex === -1) {
      processField(line, "", line);
      return;
    }
    const field = line.slice(0, fieldSeparatorIndex);
    const offset = line.charCodeAt(fieldSeparatorIndex + 1) === SPACE ? 2 : 1;
    const value = line.slice(fieldSeparatorIndex + offset);
    processField(field, value, line);
  }
  function processField(field, value, line) {
    switch (field) {
      case "event":
        eventType = value || void 0;
        break;
      case "data":
        data = dataLines === 0 ? value : `${data}
${value}`;
        dataLines++;
        break;
      case "id":
        if (!value.includes("\0"))
          id = value;
        break;
      case "retry":
        if (/^\d+$/.test(value)) {
          onRetry === null || onRetry === void 0 ? void 0 : onRetry(parseInt(value, 10));
        } else {
          onError === null || onError === void 0 ? void 0 : onError(new ParseError(`Invalid \`retry\` value: "${value}"`, {
            type: "invalid-retry",
            value,
            line
          }));
        }
        break;
      default:
        onError === null || onError === void 0 ? void 0 : onError(new ParseError(`Unknown field "${field.length > 20 ? `${field.slice(0, 20)}\u2026` : field}"`, { type: "unknown-field", field, value, line }));
        break;
    }
  }
  function dispatchEvent() {
    if (id !== void 0) {
      onId === null || onId === void 0 ? void 0 : onId(id);
    }
    if (dataLines > 0) {
      onEvent === null || onEvent === void 0 ? void 0 : onEvent({
        id,
        event: eventType,
        data
      });
    }
    id = void 0;
    data = "";
    dataLines = 0;
    eventType = void 0;
  }
  function reset(options = {}) {
    if (options.consume && pendingFragments.length > 0) {
      const incompleteLine = pendingFragments.join("");
      parseLine(incompleteLine, 0, incompleteLine.length);
    }
    bomPrefix = "";
    id = void 0;
    data = "";
    dataLines = 0;
    eventType = void 0;
    pendingFragments.length = 0;
    pendingFragmentsLength = 0;
    terminated = false;
    skippingLine = false;
    skipNextLineFeed = false;
  }
  return { feed, reset };
}
function isDataPrefix(chunk, i, firstCharCode) {
  return firstCharCode === 100 && chunk.charCodeAt(i + 1) === 97 && chunk.charCodeAt(i + 2) === 116 && chunk.charCodeAt(i + 3) === 97 && chunk.charCodeAt(i + 4) === 58;
}
function isEventPrefix(chunk, i, firstCharCode) {
  return firstCharCode === 101 && chunk.charCodeAt(i + 1) === 118 && chunk.charCodeAt(i + 2) === 101 && chunk.charCodeAt(i + 3) === 110 && chunk.charCodeAt(i + 4) === 116 && chunk.charCodeAt(i + 5) === 58;
}
function isPotentialField(line, field) {
  let i = 1;
  while (i < line.length && i < field.length) {
    if (line.charCodeAt(i) !== field.charCodeAt(i)) {
      return false;
    }
    i++;
  }
  return line.length <= field.length || line.charCodeAt(field.length) === 58;
}
var LF, CR, SPACE, MAX_FIELD_PREFIX_LENGTH;
var init_parse3 = __esm({
  "node_modules/eventsource-parser/dist/parse.js"() {
    init_errors3();
    LF = 10;
    CR = 13;
    SPACE = 32;
    MAX_FIELD_PREFIX_LENGTH = 6;
  }
});

// node_modules/eventsource-parser/dist/index.js
var init_dist = __esm({
  "node_modules/eventsource-parser/dist/index.js"() {
    init_parse3();
  }
});

// party/upstream/event-stream.ts
var event_stream_exports = {};
__export(event_stream_exports, {
  batchesOf: () => batchesOf,
  readerOf: () => readerOf
});
function readerOf(dialect) {
  return (body, signal) => batchesOf(body, dialectFor(dialect), signal);
}
async function* batchesOf(body, dialect, signal) {
  const builder = new BatchBuilder();
  let failure2;
  let isOver = false;
  let isCut = false;
  const parser = createParser({
    maxBufferSize: maxEventUnits,
    onEvent: (event) => {
      if (isOver) isCut = true;
      else if (failure2 === void 0 && !builder.ended) failure2 = read(event, dialect, builder);
    },
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded" && !builder.ended)
        failure2 ??= new UpstreamFailure("upstream-malformed", false, { cause: error });
    }
  });
  const decoder2 = new TextDecoder();
  for await (const bytes of chunksOf(body, signal)) {
    parser.feed(decoder2.decode(bytes, { stream: true }));
    yield builder.take();
    if (failure2 !== void 0) throw failure2;
    if (builder.ended) return;
  }
  isOver = true;
  parser.feed(`${decoder2.decode()}

`);
  if (!isCut && dialect.endOfStream(builder) !== void 0) yield builder.take();
}
function read(event, dialect, builder) {
  try {
    dialect.read(event, builder);
    return void 0;
  } catch (error) {
    return error instanceof UpstreamFailure ? error : new UpstreamFailure("upstream-malformed", false, { cause: error });
  }
}
var maxEventUnits;
var init_event_stream = __esm({
  "party/upstream/event-stream.ts"() {
    "use strict";
    init_dist();
    init_ports();
    init_batch_builder();
    init_chunks();
    init_auto();
    maxEventUnits = 1048576;
  }
});

// party/config.ts
init_mini();
init_result();

// party/auth/settings.ts
init_mini();
init_result();
init_claims();

// party/auth/secret-keys.ts
init_mini();
init_result();
init_base64url();
init_keys();
var minSecretBytes = 32;
function parseSecrets(text3) {
  const json3 = jsonOf(text3);
  const parsed = record(string2(), string2()).safeParse(json3);
  if (!parsed.success) return fail("is no JSON object of kid and secret");
  const secrets2 = /* @__PURE__ */ new Map();
  for (const [kid, secret] of Object.entries(parsed.data)) {
    if (!kidPattern.test(kid)) return fail("has a kid that is not 1\u2013128 of A\u2013Z a\u2013z 0\u20139 _ . : -");
    const bytes = fromBase64Url(secret);
    if (bytes === void 0 || bytes.length < minSecretBytes) {
      return fail(`has under ${kid} no base64url secret of ${minSecretBytes} bytes or more`);
    }
    secrets2.set(kid, bytes);
  }
  return secrets2.size === 0 ? fail("holds no key") : ok(secrets2);
}
var SecretKeys = class {
  #secrets;
  constructor(secrets2) {
    this.#secrets = secrets2;
  }
  async find(kid) {
    const key = this.#secrets.get(kid);
    return key === void 0 ? void 0 : { alg: "HS256", key };
  }
};

// party/auth/settings.ts
function parseAuth(text3, isLocal) {
  const mode = text3("AUTH");
  if (mode === void 0) {
    return fail(
      'AUTH is not set. Expected "jwt" (who has a token may chat) or "none" (anyone may; on loopback only), for example AUTH=jwt.'
    );
  }
  if (mode === "jwt") return parseJwt(text3);
  if (mode !== "none") return fail('AUTH is not a mode that exists. Expected "jwt" or "none", for example AUTH=jwt.');
  if (!isLocal && text3("ALLOW_ANONYMOUS") !== "yes") {
    return fail("AUTH=none lets anyone chat at your cost. Set ALLOW_ANONYMOUS=yes as well if that is what you want.");
  }
  return ok({ mode });
}
function parseJwt(text3) {
  const [secrets2, url2] = [text3("AUTH_KEYS"), text3("AUTH_JWKS_URL")];
  if (secrets2 === void 0 === (url2 === void 0)) {
    return fail(
      "AUTH_KEYS or AUTH_JWKS_URL is needed with AUTH=jwt, and only one of them. Expected secrets by kid, or a key set's https address, for example AUTH_JWKS_URL=https://id.example.com/.well-known/jwks.json."
    );
  }
  const [issuer, audience] = [text3("AUTH_ISSUER"), text3("AUTH_AUDIENCE")];
  if (secrets2 !== void 0) {
    const parsed2 = parseSecrets(secrets2);
    if (!parsed2.ok) {
      return fail(
        `AUTH_KEYS ${parsed2.error}. Expected JSON of kid and base64url secret, as "npm run keys -- new AUTH_KEYS" prints it.`
      );
    }
    return ok({ mode: "jwt", keys: { kind: "secrets", secrets: parsed2.value }, issuer, audience });
  }
  const parsed = url({ protocol: /^https?$/ }).safeParse(url2);
  const isSafe = parsed.success && (parsed.data.startsWith("https:") || isLoopbackUrl(parsed.data));
  if (!isSafe) {
    return fail(
      "AUTH_JWKS_URL is no https address (http on loopback only), for example AUTH_JWKS_URL=https://id.example.com/.well-known/jwks.json."
    );
  }
  if (issuer === void 0)
    return fail(
      "AUTH_ISSUER is needed with AUTH_JWKS_URL: the tokens' iss, for example AUTH_ISSUER=https://id.example.com/."
    );
  if (audience === void 0)
    return fail("AUTH_AUDIENCE is needed with AUTH_JWKS_URL: the tokens' aud, for example AUTH_AUDIENCE=chat.");
  return ok({ mode: "jwt", keys: { kind: "jwks", url: parsed.data }, issuer, audience });
}
function parseTenant(text3) {
  const tenant = text3("TENANT") ?? "default";
  if (tenant === everyTenant || tenantPattern.test(tenant)) return ok(tenant);
  return fail("TENANT is 1\u201364 of A\u2013Z a\u2013z 0\u20139 _ -, or * for rooms named <tenant>.<name>, for example TENANT=acme.");
}
function isLoopback(hostname) {
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
function isLoopbackUrl(url2) {
  return isLoopback(new URL(url2).hostname);
}

// party/auth/upstream-settings.ts
init_mini();
init_result();
init_base64url();
init_keys();
var defaultAudience = "model-backend";
var seedBytes = 32;
function parseUpstreamAuth(text3) {
  const [keys, url2] = [text3("UPSTREAM_SIGNING_KEYS"), text3("UPSTREAM_TOKEN_URL")];
  if (keys !== void 0 && url2 !== void 0) {
    return fail(
      "UPSTREAM_TOKEN_URL and UPSTREAM_SIGNING_KEYS are two ways of one thing. Set one of them, for example UPSTREAM_TOKEN_URL=https://id.example.com/token."
    );
  }
  if (keys !== void 0) {
    const seeds = parseSeeds(keys);
    if (!seeds.ok) {
      return fail(
        `UPSTREAM_SIGNING_KEYS ${seeds.error}. Expected JSON of kid and base64url Ed25519 seed, as "npm run keys -- new UPSTREAM_SIGNING_KEYS" prints it, for example {"2026-11":"<43 characters>"}.`
      );
    }
    return ok({ mode: "sign", seeds: seeds.value, audience: text3("UPSTREAM_AUDIENCE") ?? defaultAudience });
  }
  if (url2 === void 0) return ok({ mode: "none" });
  const parsed = url({ protocol: /^https?$/ }).safeParse(url2);
  if (!parsed.success || !(parsed.data.startsWith("https:") || isLoopback(new URL(parsed.data).hostname))) {
    return fail(
      "UPSTREAM_TOKEN_URL is no https address (http on loopback only), for example UPSTREAM_TOKEN_URL=https://id.example.com/token."
    );
  }
  return ok({ mode: "fetch", url: parsed.data, client: text3("UPSTREAM_TOKEN_CLIENT") });
}
function parseSeeds(text3) {
  const parsed = record(string2(), string2()).safeParse(jsonOf(text3));
  if (!parsed.success) return fail("is no JSON object of kid and key");
  const seeds = /* @__PURE__ */ new Map();
  for (const [kid, seed] of Object.entries(parsed.data)) {
    const bytes = fromBase64Url(seed);
    if (!kidPattern.test(kid) || bytes?.length !== seedBytes) {
      return fail(`holds a kid or a key of the wrong form (${seedBytes} bytes each)`);
    }
    seeds.set(kid, bytes);
  }
  return seeds.size === 0 ? fail("holds no key") : ok(seeds);
}

// party/core/policy.ts
var DEFAULT_POLICY = {
  /** One answer at a time is what a conversation is; a second question waits its turn, visibly. */
  maxActiveTurns: 1,
  /** More than anyone types ahead; few enough that the last one is still answered today. */
  maxQueuedTurns: 16,
  orphanPolicy: "cancel",
  /** Long enough for a phone to change networks; short enough that an abandoned turn stops costing money. */
  orphanGraceMs: 3e4,
  /** Deltas closer together than this leave as one frame: one paint, and about 60 sends a second per socket at most. */
  coalesceMs: 16,
  /** What a crash may cost a reader who is ahead of the log (F3, F5): two seconds of text. */
  logLagMs: 2e3,
  logLagUnits: 4096,
  /** A backend that has not even answered in 10 s is stuck or unreachable. */
  headersTimeoutMs: 1e4,
  /** Large prompts take models tens of seconds before the first token. */
  firstTokenTimeoutMs: 3e4,
  silenceTimeoutMs: 3e4,
  turnTimeoutMs: 6e5,
  maxAttempts: 4,
  /** Counted durably before each call, so that a crash loop cannot ask without end (T5). */
  maxResumes: 3,
  backoff: { baseMs: 500, maxMs: 2e4 },
  stopConfirmMs: 5e3,
  /** The pace at which an answer that came whole is shown: about that of reading along (U6). */
  simulateChunkMs: 150,
  /** Nobody should wait longer than this for words that are already here. */
  simulateMaxMs: 2e4,
  historyTurns: 20,
  historyBytes: 262144,
  /** One Mi units: about 250,000 tokens. Beyond that something loops (T6). */
  maxTurnLength: 1048576,
  /** A tool step or data part as JSON: one stored row, in whatever way the host serializes it. */
  maxPartBytes: 32768,
  /** Whether to trust a backend to resume that has not said so in its `start`. */
  upstreamResumable: false,
  /** A socket with more than this unsent is skipped until it drains (F2). */
  softBufferBytes: 1048576,
  drainMs: 1e4,
  /** Hundreds of tabs is the design point; the platform's own limit is 32,768. */
  maxSockets: 1e3,
  maxGreetingSockets: 32,
  /** Of one socket. A person sends a few; a client that comes back sends its whole outbox at once (S2). */
  framesPer10s: 120,
  /** What a person scrolls back to, and more than any model is sent (F4). */
  keepTurns: 200,
  /** Prompts and answers as JSON. */
  keepBytes: 8 * 1048576,
  roomTtlMs: 30 * 864e5,
  /** What all sockets together may have unsent: a quarter of an object's memory, which other rooms may share (F2). */
  roomBufferBytes: 32 * 1048576,
  /** A day: a tab that is never closed still moves to new code and a fresh token now and then. */
  maxSocketAgeMs: 864e5,
  /** How long a drained room starts nothing: its tabs leave within this time, spread out. */
  drainRoomMs: 3e4,
  /** Text that continues reaches a long-poll at most this often: each answer costs a request. */
  pollMergeMs: 500,
  /** Under the 60 s at which many proxies close a silent connection, with three tries; what the SSE standard suggests. */
  streamBeatMs: 15e3,
  /** A stream in which nothing can happen ends after this: while it is open the object is awake, and paid for. */
  streamIdleMs: 6e4,
  /** One that comes back for nothing stays for its first heartbeat, no more. */
  streamLookMs: 2e3,
  /** When an idle stream comes back: how late another tab's question may be seen. */
  streamRetryMs: 2e4
};

// party/telemetry/redact.ts
var hidden = "[redacted]";
var secrets = [
  // Of every URL the query: a ticket travels there.
  [/(\bhttps?:\/\/[^\s"'<>?#]*)\?[^\s"'<>)]*/gi, `$1?${hidden}`],
  [/(\bhttps?:\/\/)[^\s/@"'<>]+@/gi, `$1${hidden}@`],
  // JSON Web Tokens (RFC 7519): three parts, the first begins with {"
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, hidden],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, `$1 ${hidden}`],
  [/\b(sk|pk|rk)-[\w-]{8,}/g, hidden],
  [/\b(token|ticket|secret|password|api[_-]?key|authorization)(["']?\s*[:=]\s*["']?)[^\s"',;&)}]+/gi, `$1$2${hidden}`]
];
var maxText = 2048;
function redact(text3) {
  let clean = text3.length > maxText ? `${text3.slice(0, maxText)}\u2026` : text3;
  for (const [pattern2, by] of secrets) clean = clean.replace(pattern2, by);
  return clean;
}
function describeCause(cause) {
  if (!(cause instanceof Error)) return redact(String(cause));
  return redact(cause.stack ?? `${cause.name}: ${cause.message}`);
}

// party/telemetry/log.ts
var LOG_LEVELS = ["debug", "info", "warn", "error"];
function lineOf({ level, context, event }) {
  return JSON.stringify({ level, ...context, ...plainFields(event) });
}
function plainFields(event) {
  const fields = { ...event };
  if ("cause" in event) fields["cause"] = describeCause(event.cause);
  if ("problem" in event) fields["problem"] = redact(event.problem);
  return fields;
}

// party/config.ts
init_auto();
var limitSettings = {
  TENANT_TURNS_PER_MINUTE: { field: "turnsPerMinute", max: 1e6 },
  TENANT_ACTIVE_TURNS: { field: "activeTurns", max: 1e5 },
  // One object decides some hundreds of times a second; few tenants have more turns than that.
  LIMITER_SHARDS: { field: "limiterShards", max: 64, preset: 1 },
  // Requests, not frames: opening a page makes a handful. An office behind one address has dozens of people.
  IP_REQUESTS_PER_MINUTE: { field: "ipRequestsPerMinute", max: 1e6, preset: 600 }
};
var numberSettings = {
  MAX_ACTIVE_TURNS: { field: "maxActiveTurns", min: 1, max: 16 },
  MAX_QUEUED_TURNS: { field: "maxQueuedTurns", min: 0, max: 256 },
  ORPHAN_GRACE_MS: { field: "orphanGraceMs", min: 0, max: 36e5 },
  COALESCE_MS: { field: "coalesceMs", min: 0, max: 1e3 },
  LOG_LAG_MS: { field: "logLagMs", min: 0, max: 1e4 },
  HEADERS_TIMEOUT_MS: { field: "headersTimeoutMs", min: 100, max: 12e4 },
  FIRST_TOKEN_TIMEOUT_MS: { field: "firstTokenTimeoutMs", min: 100, max: 6e5 },
  SILENCE_TIMEOUT_MS: { field: "silenceTimeoutMs", min: 100, max: 6e5 },
  // The platform keeps an object with an open call in memory for 15 minutes; a turn ends before that.
  TURN_TIMEOUT_MS: { field: "turnTimeoutMs", min: 1e3, max: 84e4 },
  MAX_ATTEMPTS: { field: "maxAttempts", min: 1, max: 10 },
  STOP_CONFIRM_MS: { field: "stopConfirmMs", min: 100, max: 6e4 },
  SIMULATE_CHUNK_MS: { field: "simulateChunkMs", min: 10, max: 5e3 },
  SIMULATE_MAX_MS: { field: "simulateMaxMs", min: 0, max: 12e4 },
  MAX_RESUMES: { field: "maxResumes", min: 0, max: 10 },
  KEEP_TURNS: { field: "keepTurns", min: 1, max: 1e3 },
  KEEP_BYTES: { field: "keepBytes", min: 65536, max: 64 * 1048576 },
  MAX_SOCKET_AGE_MS: { field: "maxSocketAgeMs", min: 6e4, max: 30 * 864e5 },
  POLL_MERGE_MS: { field: "pollMergeMs", min: 0, max: 1e4 },
  HISTORY_TURNS: { field: "historyTurns", min: 0, max: 200 },
  HISTORY_BYTES: { field: "historyBytes", min: 0, max: 1048576 }
};
var backoffSettings = { BACKOFF_BASE_MS: "baseMs", BACKOFF_MAX_MS: "maxMs" };
var known = /* @__PURE__ */ new WeakMap();
function parseConfig(env, hostname) {
  const isLocal = isLoopback(hostname);
  const results = known.get(env) ?? /* @__PURE__ */ new Map();
  const result = results.get(isLocal) ?? parse2(env, isLocal);
  known.set(env, results.set(isLocal, result));
  return result;
}
function parse2(env, isLocal) {
  const auth = parseAuth((name) => text2(env[name]), isLocal);
  if (!auth.ok) return auth;
  const tenant = parseTenant((name) => text2(env[name]));
  if (!tenant.ok) return tenant;
  const upstreamAuth = parseUpstreamAuth((name) => text2(env[name]));
  if (!upstreamAuth.ok) return upstreamAuth;
  const base = url({ protocol: /^https?$/ }).safeParse(env["NEST_BASE"]);
  if (!base.success) {
    return fail(
      "NEST_BASE is missing or no http(s) URL. Expected the backend's base, for example http://127.0.0.1:8788."
    );
  }
  const method = env["UPSTREAM_METHOD"] ?? "POST";
  if (method !== "POST" && method !== "GET")
    return fail("UPSTREAM_METHOD is POST or GET, for example UPSTREAM_METHOD=POST.");
  const heartbeat2 = number3(env, "HEARTBEAT_MS", 100, 6e4);
  if (!heartbeat2.ok) return heartbeat2;
  const dialect = dialectNames.find((name) => name === (text2(env["UPSTREAM_DIALECT"]) ?? "auto"));
  if (dialect === void 0)
    return fail(`UPSTREAM_DIALECT is one of ${dialectNames.join(", ")}, for example UPSTREAM_DIALECT=auto.`);
  const origins = parseOrigins(text2(env["ALLOWED_ORIGINS"]));
  if (!origins.ok) return origins;
  const bridge2 = parseBridge(env);
  if (!bridge2.ok) return bridge2;
  const warmRoutes = parseWarmRoutes(text2(env["WARM_ROUTES"]));
  if (!warmRoutes.ok) return warmRoutes;
  const policy = parsePolicy(env);
  if (!policy.ok) return policy;
  const limiter = env["LIMITER"] ?? "on";
  if (limiter !== "on" && limiter !== "off") return fail("LIMITER is on or off, for example LIMITER=on.");
  const limits = parseLimits(env);
  if (!limits.ok) return limits;
  const log = parseLog(env);
  if (!log.ok) return log;
  return ok({
    auth: auth.value,
    upstreamAuth: upstreamAuth.value,
    nestBase: base.data.replace(/\/+$/, ""),
    upstreamMethod: method,
    upstreamDialect: dialect,
    tenant: tenant.value,
    locationHint: text2(env["LOCATION_HINT"]),
    jurisdiction: text2(env["JURISDICTION"]),
    bridge: bridge2.value,
    warmRoutes: warmRoutes.value,
    heartbeatMs: heartbeat2.value ?? DEFAULT_POLICY.streamBeatMs,
    allowedOrigins: origins.value,
    operatorToken: text2(env["OPERATOR_TOKEN"]),
    policy: { ...policy.value, streamBeatMs: heartbeat2.value ?? policy.value.streamBeatMs },
    limiter,
    limits: limits.value,
    log: log.value
  });
}
function parseLog(env) {
  const level = LOG_LEVELS.find((name) => name === (text2(env["LOG_LEVEL"]) ?? "info"));
  if (level === void 0) return fail(`LOG_LEVEL is one of ${LOG_LEVELS.join(", ")}, for example LOG_LEVEL=info.`);
  const sample = number3(env, "LOG_SAMPLE_PERCENT", 0, 100);
  return sample.ok ? ok({ level, samplePercent: sample.value ?? 100 }) : sample;
}
function parseLimits(env) {
  const limits = {};
  for (const [name, { field, max, preset }] of Object.entries(limitSettings)) {
    const value = number3(env, name, 1, max);
    if (!value.ok) return value;
    limits[field] = value.value ?? preset;
  }
  return ok(limits);
}
function parseBridge(env) {
  const [bridge2, parse3] = [env["BRIDGE"] ?? "on", env["BRIDGE_PARSE"] ?? "auto"];
  if (bridge2 !== "on" && bridge2 !== "off") return fail("BRIDGE is on or off, for example BRIDGE=on.");
  if (parse3 !== "auto" && parse3 !== "off") return fail("BRIDGE_PARSE is auto or off, for example BRIDGE_PARSE=auto.");
  if (bridge2 === "off") return ok("off");
  return ok(parse3 === "auto" ? "parse" : "raw");
}
function parseWarmRoutes(list) {
  if (list === void 0) return ok([]);
  const routes = list.split(",").map((route) => route.trim());
  if (routes.every((route) => /^\/[\w./-]*$/.test(route))) return ok(routes);
  return fail("WARM_ROUTES is a list of paths of this gateway, for example WARM_ROUTES=/health,/models,/context.");
}
function parseOrigins(list) {
  if (list === void 0) return ok(void 0);
  const origins = list.split(",").map((origin) => origin.trim());
  const isOrigin = (origin) => URL.canParse(origin) && new URL(origin).origin === origin;
  if (origins.every(isOrigin)) return ok(origins);
  return fail(
    "ALLOWED_ORIGINS is a list of origins, for example ALLOWED_ORIGINS=https://app.example.com,https://example.com."
  );
}
function parsePolicy(env) {
  const policy = { ...DEFAULT_POLICY };
  for (const [name, { field, min, max }] of Object.entries(numberSettings)) {
    const value = number3(env, name, min, max);
    if (!value.ok) return value;
    if (value.value !== void 0) Object.assign(policy, { [field]: value.value });
  }
  for (const [name, field] of Object.entries(backoffSettings)) {
    const value = number3(env, name, 1, 6e5);
    if (!value.ok) return value;
    if (value.value !== void 0) policy.backoff = { ...policy.backoff, [field]: value.value };
  }
  const ttlDays = number3(env, "ROOM_TTL_DAYS", 1, 3650);
  if (!ttlDays.ok) return ttlDays;
  if (ttlDays.value !== void 0) policy.roomTtlMs = ttlDays.value * 864e5;
  const orphan = env["ORPHAN_POLICY"] ?? "cancel";
  if (orphan !== "cancel" && orphan !== "keep")
    return fail("ORPHAN_POLICY is cancel or keep, for example ORPHAN_POLICY=cancel.");
  const resumable = env["UPSTREAM_RESUMABLE"] ?? "no";
  if (resumable !== "yes" && resumable !== "no") {
    return fail("UPSTREAM_RESUMABLE is yes or no, for example UPSTREAM_RESUMABLE=yes.");
  }
  return ok({ ...policy, orphanPolicy: orphan, upstreamResumable: resumable === "yes" });
}
function number3(env, name, min, max) {
  const value = env[name];
  if (value === void 0 || value === "") return ok(void 0);
  const parsed = Number(value);
  if (Number.isInteger(parsed) && parsed >= min && parsed <= max) return ok(parsed);
  return fail(`${name} is not a whole number from ${min} to ${max}, for example ${name}=${Math.max(min, 1)}.`);
}
function text2(value) {
  return typeof value === "string" && value !== "" ? value : void 0;
}

// party/routes/origin.ts
function isAllowedOrigin(origin, url2, allowed) {
  if (origin === null) return true;
  const from = URL.canParse(origin) ? new URL(origin) : void 0;
  if (from === void 0) return false;
  if (from.host === url2.host || allowed?.includes(from.origin) === true) return true;
  return allowed === void 0 && isLoopback(from.hostname) && isLoopback(url2.hostname);
}
function withCors(response, origin) {
  if (origin === null || response.status === 101) return response;
  const readable = new Response(response.body, response);
  readable.headers.set("access-control-allow-origin", origin);
  readable.headers.append("vary", "origin");
  readable.headers.set("access-control-expose-headers", "retry-after, location, ratelimit, ratelimit-policy");
  return readable;
}
function preflight() {
  const headers = {
    "access-control-allow-methods": "GET, POST, DELETE",
    "access-control-allow-headers": "authorization, cache-control, content-type, last-event-id",
    "access-control-max-age": "86400"
  };
  return new Response(null, { status: 204, headers });
}

// shared/protocol/errors.ts
var ERRORS = {
  "bad-frame": { status: 400, close: 4400, retryable: false },
  unauthenticated: { status: 401, close: 4401, retryable: false },
  forbidden: { status: 403, close: 4403, retryable: false },
  "room-forbidden": { status: 403, close: 4404, retryable: false },
  "frame-too-large": { status: 413, close: 4413, retryable: false },
  "version-unsupported": { status: 400, close: 4426, retryable: false },
  "hello-timeout": { status: 408, close: 4458, retryable: true },
  "rate-limited": { status: 429, close: 4479, retryable: true },
  "slow-reader": { status: 503, close: 4480, retryable: true },
  "room-full": { status: 503, close: 4481, retryable: true },
  internal: { status: 500, close: 4490, retryable: true },
  draining: { status: 503, close: 4491, retryable: true },
  "turn-conflict": { status: 409, close: null, retryable: false },
  "turn-stale": { status: 409, close: null, retryable: false },
  "turn-unknown": { status: 404, close: null, retryable: false },
  "queue-full": { status: 429, close: null, retryable: true },
  "turn-not-allowed": { status: 403, close: null, retryable: false },
  "unsupported-content": { status: 422, close: null, retryable: false },
  "token-invalid": { status: 401, close: null, retryable: false },
  "turn-too-long": { status: 502, close: null, retryable: false },
  "part-too-large": { status: 502, close: null, retryable: false },
  "upstream-unreachable": { status: 502, close: null, retryable: true },
  "upstream-headers-timeout": { status: 504, close: null, retryable: true },
  "upstream-first-token-timeout": { status: 504, close: null, retryable: true },
  "upstream-silence": { status: 504, close: null, retryable: true },
  "upstream-deadline": { status: 504, close: null, retryable: true },
  "upstream-rate-limited": { status: 503, close: null, retryable: true },
  "upstream-unavailable": { status: 503, close: null, retryable: true },
  "upstream-rejected": { status: 502, close: null, retryable: false },
  "upstream-malformed": { status: 502, close: null, retryable: true },
  "upstream-truncated": { status: 502, close: null, retryable: true },
  "upstream-circuit-open": { status: 503, close: null, retryable: true },
  "bad-request": { status: 400, close: null, retryable: false },
  "bad-room-name": { status: 400, close: null, retryable: false },
  "not-found": { status: 404, close: null, retryable: false },
  "method-not-allowed": { status: 405, close: null, retryable: false },
  "origin-forbidden": { status: 403, close: null, retryable: false },
  "not-configured": { status: 503, close: null, retryable: true }
};
function isErrorCode(code) {
  return Object.hasOwn(ERRORS, code);
}

// shared/protocol/messages-en.ts
var ERROR_MESSAGES = {
  "bad-frame": "The message was not understood. Update or reload the page; if it persists, report it.",
  unauthenticated: "Sign in to use this chat.",
  forbidden: "You are not allowed to do this here.",
  "room-forbidden": "You do not have access to this room.",
  "frame-too-large": "The message is too large. Shorten it and send it again.",
  "version-unsupported": "This page is out of date. Reload it to continue.",
  "hello-timeout": "The connection took too long to start. Reconnecting.",
  "rate-limited": "Too many messages at once. Wait a moment.",
  "slow-reader": "The connection is too slow to keep up. Reconnecting.",
  internal: "Something went wrong on our side. Trying again.",
  draining: "The service is being updated. Reconnecting shortly.",
  "turn-conflict": "This message id was already used for another message. Send it again as a new one.",
  "turn-stale": "The conversation was cleared or this message was removed meanwhile. Send it again as a new one.",
  "turn-unknown": "There is no such message in this room.",
  "queue-full": "Too many questions are waiting in this room. Try again when one has been answered.",
  "turn-not-allowed": "This model or setting may not be used here. Choose another and send it again.",
  "unsupported-content": "Only text can be sent. Remove attachments and send it again.",
  "token-invalid": "The new sign-in was not accepted.",
  "turn-too-long": "The answer was too long and was cut off here.",
  "part-too-large": "A piece of the answer was too large to show.",
  "upstream-unreachable": "The assistant could not be reached. Try again in a moment.",
  "upstream-headers-timeout": "The assistant did not respond in time. Try again.",
  "upstream-first-token-timeout": "The assistant did not start answering in time. Try again.",
  "upstream-silence": "The assistant stopped sending in the middle of the answer.",
  "upstream-deadline": "The answer took too long and was ended.",
  "upstream-rate-limited": "The assistant is receiving too many requests. Try again shortly.",
  "upstream-unavailable": "The assistant is temporarily unavailable. Try again shortly.",
  "upstream-rejected": "The assistant did not accept this request.",
  "upstream-malformed": "The assistant sent something that could not be read.",
  "upstream-truncated": "The answer broke off before its end.",
  "upstream-circuit-open": "The assistant is having problems; requests are paused for a moment.",
  "bad-request": "The request was not understood.",
  "bad-room-name": "A room name is 1 to 128 of the characters A\u2013Z, a\u2013z, 0\u20139, '_', '.' and '-'.",
  "not-found": "There is nothing at this address.",
  "method-not-allowed": "This address does not take that method.",
  "room-full": "Too many connections in this room. Try again later.",
  "origin-forbidden": "This site may not use this chat.",
  "not-configured": "The service is not set up correctly."
};
var NOTICE_MESSAGES = {
  "upstream-retrying": "The assistant is busy. Trying again shortly.",
  "upstream-resuming": "The connection to the assistant was lost. Continuing the answer.",
  "waiting-for-rate": "Many questions were asked in the last minute. Yours waits its turn.",
  "upstream-slow-down": "The assistant is overloaded, so questions are passed on more slowly. Yours is waiting.",
  "upstream-paused": "The assistant is having problems; questions are paused for a moment.",
  "waiting-for-slot": "Many questions are being answered. Yours is waiting in line.",
  "token-expiring": "Your sign-in is about to expire."
};

// edge/problem.ts
function problem(code, options = {}) {
  const { status, retryable } = ERRORS[code];
  const body = {
    type: `urn:edge-chat-gateway:error:${code}`,
    title: ERROR_MESSAGES[code],
    status,
    code,
    retryable,
    ...options.detail === void 0 ? {} : { detail: options.detail }
  };
  const headers = new Headers({
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    ...options.headers
  });
  if (options.retryAfterMs !== void 0) headers.set("retry-after", retryAfterOf(options.retryAfterMs));
  return new Response(JSON.stringify(body), { status, headers });
}
function retryAfterOf(ms) {
  return String(Math.ceil(ms / 1e3));
}

// party/telemetry/catalogue.ts
var LEVELS = {
  "turn-queued": "info",
  "turn-refused": "warn",
  "turn-started": "info",
  "turn-waiting": "info",
  "turn-stopping": "info",
  "turn-settled": "info",
  "upstream-attempt": "info",
  "upstream-answered": "debug",
  "upstream-failure": "warn",
  "stop-unconfirmed": "warn",
  "limiter-degraded": "warn",
  "session-fault": "error",
  "room-broken": "error",
  "tenant-config-invalid": "error",
  "tenant-config-unread": "warn",
  "not-configured": "error",
  fault: "error"
};

// party/telemetry.ts
function report(event, context = {}) {
  const level = LEVELS[event.name];
  try {
    console[level](lineOf({ level, context, event }));
  } catch (cause) {
    onSinkFault(cause);
  }
}
function reportConfig(problem2) {
  report({ name: "not-configured", problem: problem2 });
}
function reportFault(where, cause) {
  report({ name: "fault", where, cause });
}
function reportAudit(facts) {
  console.info(JSON.stringify({ name: "audit", level: "info", ...facts }));
}
function onSinkFault(cause) {
  console.error(JSON.stringify({ name: "telemetry-fault", level: "error", cause: describeCause(cause) }));
}

// party/routes/problem.ts
function refused({ code, detail, retryAfterMs }, headers = {}) {
  return problem(code, {
    ...detail === void 0 ? {} : { detail },
    ...retryAfterMs === void 0 ? {} : { retryAfterMs },
    headers: code === "unauthenticated" ? { "www-authenticate": "Bearer", ...headers } : headers
  });
}
function notConfigured(problemText) {
  reportConfig(problemText);
  return problem("not-configured", { detail: `Setting ${problemText.split(/[ =]/)[0]} needs attention.` });
}

// party/core/token-bucket.ts
var TokenBucket = class {
  #rate;
  #units;
  #at;
  /** Full at `now`, or as stored. */
  constructor(rate, now, state) {
    this.#rate = rate;
    this.#units = Math.min(state?.units ?? Number.POSITIVE_INFINITY, rate.tokens * rate.windowMs);
    this.#at = state?.at ?? now;
  }
  /** Changes how many a window holds. What is there stays, as far as it fits. */
  resize(tokens, now) {
    if (tokens === this.#rate.tokens) return;
    this.#fill(now);
    this.#rate = { ...this.#rate, tokens };
    this.#fill(now);
  }
  /** Whole tokens that can be taken now. */
  left(now) {
    this.#fill(now);
    return Math.floor(this.#units / this.#rate.windowMs);
  }
  /** Takes one, or takes nothing and answers false. */
  take(now) {
    if (this.left(now) === 0) return false;
    this.#units -= this.#rate.windowMs;
    return true;
  }
  /** A token that was taken for something that did not happen. */
  giveBack(now) {
    this.#units += this.#rate.windowMs;
    this.#fill(now);
  }
  /** Until `count` more could have been taken one by one as they come; 0 when they are there. */
  msUntil(count3, now) {
    this.#fill(now);
    return Math.max(0, Math.ceil((count3 * this.#rate.windowMs - this.#units) / this.#rate.tokens));
  }
  /** Until it is full again, which is when it need not be remembered. */
  msUntilFull(now) {
    return this.msUntil(this.#rate.tokens, now);
  }
  state() {
    return { units: this.#units, at: this.#at };
  }
  /** A clock that was set back adds nothing and takes nothing. */
  #fill(now) {
    const { tokens, windowMs } = this.#rate;
    const grown = this.#units + Math.max(0, now - this.#at) * tokens;
    this.#units = Math.min(grown, tokens * windowMs);
    this.#at = Math.max(this.#at, now);
  }
};

// party/in-time.ts
function inTime(work, ms, clock) {
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms, () => reject(new Error(`no answer in ${ms} ms`)));
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}

// party/ip-limit.ts
var ipWindowMs = 6e4;
function rateLimitFields(count3, requestsPerMinute) {
  const seconds2 = Math.ceil((count3.left === 0 ? count3.retryAfterMs : count3.resetMs) / 1e3);
  return {
    "ratelimit-policy": policyField(requestsPerMinute),
    ratelimit: `"ip";r=${count3.left};t=${seconds2}`
  };
}
function policyField(requestsPerMinute) {
  return `"ip";q=${requestsPerMinute};w=${ipWindowMs / 1e3}`;
}
function ipKey(address) {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  if (mapped === "::1" || /^127\./.test(mapped)) return void 0;
  if (!mapped.includes(":")) return mapped;
  const [head = "", tail] = mapped.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== void 0) {
    const after = tail === "" ? [] : tail.split(":");
    while (groups.length + after.length < 8) groups.push("0");
    groups.push(...after);
  }
  const prefix = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${prefix.join(":")}::/64`;
}

// edge/address-window.ts
var maxAddresses = 1e4;
var AddressWindow = class {
  #buckets = /* @__PURE__ */ new Map();
  /** The refusal, or undefined where the address may ask. One that is not known, or is this machine's own, always may. */
  refusalOf(address, requestsPerMinute, now) {
    const key = address === void 0 ? void 0 : ipKey(address);
    if (key === void 0) return void 0;
    const bucket = this.#buckets.get(key) ?? new TokenBucket({ tokens: requestsPerMinute, windowMs: ipWindowMs }, now);
    bucket.resize(requestsPerMinute, now);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > maxAddresses && oldest !== void 0) this.#buckets.delete(oldest);
    if (bucket.take(now)) return void 0;
    const count3 = { isAllowed: false, left: 0, retryAfterMs: bucket.msUntil(1, now), resetMs: bucket.msUntilFull(now) };
    return problem("rate-limited", {
      headers: rateLimitFields(count3, requestsPerMinute),
      retryAfterMs: count3.retryAfterMs
    });
  }
};

// party/audit.ts
function audit(actor, { name, ...facts }) {
  reportAudit({ event: name, at: (/* @__PURE__ */ new Date()).toISOString(), actor, ...facts });
}
function auditKey(event) {
  if (event.name === "keys-unread") reportFault("keys", event.cause);
  else audit("gateway", event);
}

// party/clock.ts
var systemClock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return { cancel: () => clearTimeout(timer) };
  }
};

// party/auth/authorize-upstream.ts
async function authorizeUpstream(setting, claims) {
  if (setting.mode === "none") return {};
  const { UpstreamAuth: UpstreamAuth2 } = await Promise.resolve().then(() => (init_upstream_auth(), upstream_auth_exports));
  const auth = new UpstreamAuth2({
    setting,
    fetch: (url2, init) => fetch(url2, init),
    clock: systemClock,
    report: (event) => audit("gateway", event)
  });
  return auth.headers(claims);
}

// party/auth.ts
init_result();

// party/auth/bearer.ts
function bearerOf(request) {
  return /^Bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}

// party/auth.ts
init_claims();

// party/auth/revocation-list.ts
init_claims();
var revocationLifeMs = maxTokenLifeMs + 2 * clockSkewMs;
function isRevoked(list, { sub, tokenId, issuedAt }) {
  return list.some(
    (entry) => "tokenId" in entry ? entry.tokenId === tokenId : entry.sub === sub && (issuedAt ?? 0) <= entry.at
  );
}

// party/auth/revocation-cache.ts
var revocationsMaxAgeMs = 1e4;
var readTimeoutMs = 2e3;
var maxTenants = 1e3;
var RevocationCopies = class {
  #copies = /* @__PURE__ */ new Map();
  get(tenant) {
    return this.#copies.get(tenant);
  }
  set(tenant, copy) {
    this.#copies.delete(tenant);
    this.#copies.set(tenant, copy);
    const [oldest] = this.#copies.keys();
    if (this.#copies.size > maxTenants && oldest !== void 0) this.#copies.delete(oldest);
  }
};
var RevocationCache = class {
  #options;
  /** Of this room or request alone: one may not wait for another's call. */
  #reading = /* @__PURE__ */ new Map();
  constructor(options) {
    this.#options = options;
  }
  /** At once where the copy is fresh enough, else when it has been read again. Never rejects. */
  isRevoked(tenant, token) {
    const { copies, clock } = this.#options;
    const copy = copies.get(tenant);
    if (copy !== void 0 && isRevoked(copy.list, token)) return true;
    if (copy !== void 0 && clock.now() - copy.readAt < revocationsMaxAgeMs) return false;
    return this.#read(tenant).then(() => isRevoked(copies.get(tenant)?.list ?? [], token));
  }
  #read(tenant) {
    const { copies, clock, read: read2, onFault } = this.#options;
    let reading = this.#reading.get(tenant);
    if (reading === void 0) {
      const readAt = clock.now();
      reading = inTime(read2(tenant), readTimeoutMs, clock).then((list) => copies.set(tenant, { list, readAt })).catch((cause) => {
        onFault(cause);
        copies.set(tenant, { list: copies.get(tenant)?.list ?? [], readAt });
      }).finally(() => this.#reading.delete(tenant));
      this.#reading.set(tenant, reading);
    }
    return reading;
  }
};

// party/auth.ts
init_principal();
var revocationCopies = new RevocationCopies();
var verifiers = /* @__PURE__ */ new WeakMap();
var Gate = class {
  #config;
  #revocations;
  constructor(config2, revocationsOf) {
    this.#config = config2;
    this.#revocations = revocationsOf === void 0 || config2.auth.mode === "none" ? void 0 : new RevocationCache({
      copies: revocationCopies,
      read: (tenant) => revocationsOf(tenant).list(),
      clock: systemClock,
      onFault: (cause) => reportFault("revocations", cause)
    });
  }
  /**
   * Who `token` speaks for in `room`, decided from the two names and the token alone (S5). Never rejects.
   * @param token undefined where none was shown; where nobody needs one it is not looked at.
   * @param room undefined for what belongs to no room.
   */
  async admit(token, room) {
    const { auth, tenant } = this.#config;
    if (auth.mode === "none") {
      const owner2 = room === void 0 ? tenant : tenantOfRoom(tenant, room);
      return owner2 === void 0 ? fail({ code: "room-forbidden" }) : ok(anonymous(owner2));
    }
    const facts = await (await verifierOf(auth)).verify(token);
    if (!facts.ok) return facts;
    const owner = tenantAdmitted(facts.value, room, tenant);
    if (!owner.ok) return owner;
    const principal = principalOf(facts.value, owner.value);
    if (await this.isRevoked(principal)) {
      return fail({ code: "unauthenticated", detail: "The token has been revoked." });
    }
    return ok(principal);
  }
  /** At once where the list is fresh, else when it has been read again. */
  isRevoked(principal) {
    return this.#revocations?.isRevoked(principal.tenant, principal) ?? false;
  }
  /** Reads what `isRevoked` answers from, so that a room that woke knows before it says anything. Never rejects. */
  async prepare(tenant) {
    await this.#revocations?.isRevoked(tenant, { sub: "" });
  }
};
function authorize(request, room, config2, revocationsOf) {
  return new Gate(config2, revocationsOf).admit(bearerOf(request), room);
}
function anonymous(tenant) {
  return { sub: "anonymous", tenant, scopes: ALL_SCOPES };
}
function principalOf({ sub, scopes: scopes2, expiresAt, issuedAt, tokenId }, tenant) {
  return {
    sub,
    tenant,
    scopes: scopes2,
    expiresAt,
    ...issuedAt === void 0 ? {} : { issuedAt },
    ...tokenId === void 0 ? {} : { tokenId }
  };
}
async function verifierOf(auth) {
  const known2 = verifiers.get(auth);
  if (known2 !== void 0) return known2;
  const { TokenVerifier: TokenVerifier2 } = await Promise.resolve().then(() => (init_verify_token(), verify_token_exports));
  const { issuer, audience } = auth;
  const verifier = new TokenVerifier2({
    keys: await keysOf2(auth.keys),
    issuer,
    audience,
    clock: systemClock,
    report: auditKey
  });
  verifiers.set(auth, verifier);
  return verifier;
}
async function keysOf2(keys) {
  if (keys.kind === "secrets") return new SecretKeys(keys.secrets);
  const { JwksKeys: JwksKeys2 } = await Promise.resolve().then(() => (init_jwks_keys(), jwks_keys_exports));
  return new JwksKeys2({ url: keys.url, fetch: (url2, init) => fetch(url2, init), clock: systemClock, report: auditKey });
}

// edge/admitted.ts
init_principal();

// party/upstream/fetch-upstream.ts
init_ports();
init_dialect();
init_status();

// party/upstream/whole-answer.ts
init_mini();
init_upstream_contract();
init_ports();
init_batch_builder();
init_chunks();
init_dialect();
init_openai();
init_said_error();
var maxBodyUnits = 1048576;
function wholeKind(mediaType) {
  if (/^application\/(?:[\w.-]+\+)?json$/.test(mediaType)) return "json";
  if (mediaType === "text/plain" || mediaType === "text/markdown") return "text";
  return void 0;
}
async function* wholeAnswer(body, kind, charset, signal) {
  const text3 = await readAll(body, kind === "json" ? void 0 : charset, signal);
  if (text3.trim() === "") throw new UpstreamFailure("upstream-truncated", true, { cause: "empty body" });
  const builder = new BatchBuilder();
  builder.start({ resumable: false });
  if (kind === "json") {
    if (text3.length > maxBodyUnits) throw malformed("body too large");
    addJson(json2(text3), builder);
  } else {
    if (looksLikeMarkup(text3)) throw malformed("HTML under a text type");
    if (looksLikeEvents(text3)) throw malformed("an event stream under a text type");
    builder.text("text", text3);
  }
  if (!builder.ended) builder.end({ kind: "done" });
  const batch = builder.take();
  yield batch.end?.kind === "error" ? batch : { ...batch, whole: true };
}
async function readAll(body, charset, signal) {
  const decoder2 = decoderFor(charset);
  let text3 = "";
  for await (const bytes of chunksOf(body, signal)) {
    text3 += decoder2.decode(bytes, { stream: true });
    if (text3.length > maxBodyUnits) return text3;
  }
  return text3 + decoder2.decode();
}
function decoderFor(charset = "utf-8") {
  try {
    return new TextDecoder(charset);
  } catch (cause) {
    throw malformed(cause);
  }
}
function looksLikeMarkup(text3) {
  return /^\s*<(?:!doctype|html|head|body|\?xml)/i.test(text3);
}
function looksLikeEvents(text3) {
  return /^\s*(?:(?:event|id|retry):[^\n\r]*(?:\r\n?|\n))*(?:data|event): ?\S/.test(text3);
}
var completion = object({
  choices: array(object({ message: messageSchema2, finish_reason: nullish2(string2()) })),
  usage: usageSchema
});
var dataPart2 = object({ name: string2(), value: unknown() });
var textKeys2 = ["text", "content", "answer", "message", "output"];
function addJson(value, into) {
  if (typeof value === "string") {
    into.text("text", value);
    return;
  }
  if (!isObject2(value)) throw malformed("no object");
  if (saysError(value)) {
    into.end(endOfError(value));
    return;
  }
  const { model: model2, finishReason, usage, parts: parts2 } = value;
  if (typeof model2 === "string") into.start({ model: model2, resumable: false });
  into.usageIn(usage);
  if (value["choices"] !== void 0) addCompletion(value, into);
  else {
    if (Array.isArray(parts2)) for (const part of parts2) addPart(part, into);
    else into.text("text", textOf2(value));
    into.end({ kind: "done", ...typeof finishReason === "string" ? { finishReason } : {} });
  }
}
function addCompletion(value, into) {
  const { choices, usage } = checked(completion, value);
  addUsage(usage, into);
  const [choice] = choices;
  if (choice === void 0) throw malformed("no choice");
  addText(choice.message, into);
  const calls = new ToolCalls();
  calls.collect(choice.message.tool_calls ?? []);
  calls.flush(into);
  into.end(endOfFinish(choice.finish_reason));
}
function addPart(part, into) {
  if (!isObject2(part)) throw malformed("a part that is no object");
  const kind = part["kind"] ?? part["type"];
  if (kind === "text" || kind === "reasoning") into.text(kind, checked(unifiedEvents.token, part).text);
  else if (part["kind"] === "tool") into.part({ kind: "tool", ...checked(unifiedEvents.tool, part) });
  else if (part["kind"] === "data") into.part({ kind: "data", ...checked(dataPart2, part) });
}
function textOf2(value) {
  for (const key of textKeys2) {
    const text3 = value[key];
    if (typeof text3 === "string") return text3;
    if (isObject2(text3) && typeof text3["content"] === "string") return text3["content"];
  }
  throw malformed("no text in it");
}

// party/upstream/fetch-upstream.ts
var FetchUpstream = class {
  #config;
  /** Remembered for this life of the room: a backend without the stop route need not be asked at each stop (U7). */
  #takesNoStop = false;
  constructor(config2) {
    this.#config = config2;
  }
  async open(request, signal) {
    const response = await this.#fetch(request.generationId, this.#urlOf(request), {
      method: this.#config.method,
      headers: headersOf(request, this.#config.method),
      ...this.#config.method === "POST" ? { body: JSON.stringify(this.#bodyOf(request)) } : {},
      // A redirect would carry our headers to an address nobody configured.
      redirect: "manual",
      signal
    });
    try {
      return this.#answerIn(response, signal);
    } catch (error) {
      await response.body?.cancel();
      throw error;
    }
  }
  async stop(generationId, signal) {
    if (this.#takesNoStop || this.#config.method === "GET") return "unsupported";
    const url2 = `${this.#config.base}/model/chat/${encodeURIComponent(generationId)}`;
    const response = await this.#fetch(generationId, url2, { method: "DELETE", redirect: "manual", signal });
    await response.body?.cancel();
    if (response.ok) return "confirmed";
    if (response.status !== 404 && response.status !== 405) throw failureOf(response);
    this.#takesNoStop = true;
    return "unsupported";
  }
  #answerIn(response, signal) {
    const { status, headers, body } = response;
    if (status === 204 || status === 205) throw malformed(`status ${status}`);
    if (status !== 200 && status !== 201) throw failureOf(response);
    const contentType = headers.get("content-type") ?? "";
    const mediaType = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
    if (!/^(?:|identity|gzip|x-gzip|br)$/i.test(headers.get("content-encoding") ?? ""))
      throw malformed("content-encoding");
    const isStream = mediaType === "text/event-stream";
    const kind = wholeKind(mediaType);
    if (!isStream && kind === void 0) throw malformed(`content-type ${contentType}`);
    if (body === null) throw new UpstreamFailure("upstream-truncated", true, { cause: "no body" });
    if (kind === void 0) return this.#config.read(body, signal);
    const charset = /;\s*charset="?([^";\s]+)/i.exec(contentType)?.[1];
    return wholeAnswer(body, kind, charset, signal);
  }
  async #fetch(generationId, url2, init) {
    try {
      const headers = { ...init.headers, ...await this.#config.authorize(generationId) };
      return await this.#config.fetch(url2, { ...init, headers });
    } catch (cause) {
      throw new UpstreamFailure("upstream-unreachable", true, { cause });
    }
  }
  #urlOf(request) {
    const url2 = `${this.#config.base}/model/chat`;
    if (this.#config.method === "POST") return url2;
    const query = new URLSearchParams({ prompt: request.messages.at(-1)?.content ?? "" });
    if (request.provider !== void 0) query.set("provider", request.provider);
    return `${url2}?${query}`;
  }
  #bodyOf(request) {
    const { generationId, provider: provider2, model: model2, messages, params: params2 } = request;
    return {
      generationId,
      room: this.#config.room,
      messages: [...messages],
      ...provider2 === void 0 ? {} : { provider: provider2 },
      ...model2 === void 0 ? {} : { model: model2 },
      // Came as JSON from a parsed frame.
      ...params2 === void 0 ? {} : { params: params2 }
    };
  }
};
function headersOf(request, method) {
  return {
    // Strict backends refuse to send what is not listed.
    accept: "text/event-stream, application/json;q=0.9, text/plain;q=0.8",
    "idempotency-key": request.generationId,
    ...method === "POST" ? { "content-type": "application/json" } : {},
    ...request.lastEventId === void 0 ? {} : { "last-event-id": request.lastEventId }
  };
}
function failureOf(response) {
  const code = retryableCode(response.status);
  const cause = `status ${response.status}`;
  if (code === void 0) return new UpstreamFailure("upstream-rejected", false, { cause, byUpstream: true });
  const retryAfterMs = retryAfter(response.headers.get("retry-after"), Date.now());
  return new UpstreamFailure(code, true, {
    ...overloadStatuses.has(response.status) ? { isOverload: true } : {},
    cause,
    byUpstream: true,
    ...retryAfterMs === void 0 ? {} : { retryAfterMs }
  });
}

// party/core/limiter-port.ts
var retryJitter = 0.25;
var NO_LIMITER = {
  mayWait: false,
  acquire: async () => ({ kind: "granted" }),
  report: async () => void 0,
  accepted: () => void 0,
  release: () => void 0
};

// shared/content.ts
init_text();
function isText(part) {
  return part.kind === "text" || part.kind === "reasoning";
}
function unitsOf(part) {
  return isText(part) ? part.text.length : 1;
}
function lengthOf(parts2) {
  let length = 0;
  for (const part of parts2) length += unitsOf(part);
  return length;
}
function sliceParts(parts2, from, to = Number.POSITIVE_INFINITY) {
  const slice = [];
  let start = 0;
  for (const part of parts2) {
    const units = unitsOf(part);
    const end = start + units;
    if (units > 0 && end > from && start < to) {
      if (!isText(part)) slice.push(part);
      else if (start >= from && end <= to) slice.push(part);
      else {
        const text3 = part.text.slice(
          safeCut(part.text, Math.max(0, from - start)),
          safeCut(part.text, Math.min(units, to - start))
        );
        if (text3.length > 0) slice.push({ kind: part.kind, text: text3 });
      }
    }
    start = end;
  }
  return slice;
}

// party/core/pacing.ts
var maxWordUnits = 48;
var minRunUnits = 16;
var maxTrailingUnits = 16;
var trailing = /^[\s\p{Pe}\p{Pf}\p{Po}]+$/u;
function paceOf(text3, everyMs, maxMs) {
  const offsets = [];
  if (text3 === "") return offsets;
  const steps = everyMs > 0 ? Math.max(1, Math.floor(maxMs / everyMs)) : 1;
  const words = new Intl.Segmenter("en", { granularity: "word" }).segment(text3);
  const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text3);
  let due = dueAfter(1, text3.length, steps);
  const cutAt = (at) => {
    if (at < due || at >= text3.length || graphemes.containing(at)?.index !== at) return;
    offsets.push(at);
    due = Math.max(at + 1, dueAfter(offsets.length + 1, text3.length, steps));
  };
  let boundary = 0;
  let trails = 0;
  for (const { index, segment } of words) {
    const end = index + segment.length;
    if (index > 0 && trails + segment.length <= maxTrailingUnits && trailing.test(segment)) trails += segment.length;
    else {
      if (boundary > 0) cutAt(boundary);
      trails = 0;
      if (segment.length > maxWordUnits) {
        const enough = () => Math.max(due, (offsets.at(-1) ?? 0) + minRunUnits, index + 1);
        for (let at = enough(); at < end; at = enough()) {
          const cluster = graphemes.containing(at);
          const cut = cluster === void 0 || cluster.index === at ? at : cluster.index + cluster.segment.length;
          if (cut >= end) break;
          cutAt(cut);
        }
      }
    }
    boundary = end;
  }
  offsets.push(text3.length);
  return offsets;
}
function dueAfter(step, length, steps) {
  if (length <= steps) return step;
  if (step >= steps) return length;
  return Math.ceil(step + (length - steps) * step * (step - 1) / (steps * (steps - 1)));
}
function paceParts(parts2, everyMs, maxMs) {
  return paceOf(parts2.map((part) => isText(part) ? part.text : "\uFFFC").join(""), everyMs, maxMs);
}

// shared/backoff.ts
function backoffMs(attempt2, policy, random) {
  const ceiling = Math.min(policy.maxMs, policy.baseMs * 2 ** Math.min(Math.max(attempt2, 0), 30));
  return Math.floor(random() * ceiling);
}

// party/core/run-turn.ts
init_ports();

// party/core/turn.ts
function turnError(code) {
  return { code, message: ERROR_MESSAGES[code], retryable: ERRORS[code].retryable };
}

// party/core/run-turn.ts
async function runTurn(run, sink, ports, policy, signal) {
  let resume = run.resuming;
  if (run.waitUntil !== void 0) {
    const inLine = { code: "waiting-for-slot", scope: "tenant", resume };
    const notice = sink.attempts === 0 ? inLine : retrying(resume, sink, policy);
    await sink.wait(Math.max(0, run.waitUntil - ports.clock.now()), notice);
  }
  for (; ; ) {
    if (signal.aborted) return void 0;
    const leave = await takeLeave(run, resume, sink, ports, signal);
    if (leave === void 0 || "ending" in leave) return leave;
    await sink.attempting(resume);
    const outcome = await attempt(run, resume, leave, sink, ports, policy, signal);
    if (signal.aborted) return void 0;
    if (outcome instanceof UpstreamFailure) {
      sink.failed(outcome, resume);
      const line = await reportTo(ports.limiter, run, outcome);
      if (signal.aborted) return void 0;
      if (line !== void 0 && !sink.hasContent && !resume) {
        sink.uncount();
        const late = await waitInLine(line, resume, run, sink, ports);
        if (late !== void 0) return late;
        continue;
      }
      const next = afterFailure(outcome, resume, sink, run, ports, policy);
      if ("ending" in next) return next;
      resume = next.resume;
      await sink.wait(next.waitMs, next.notice);
    } else if (outcome.kind === "done") {
      const reason = outcome.finishReason === void 0 ? {} : { finishReason: outcome.finishReason };
      return { ending: { outcome: "completed", ...reason }, byUpstream: true };
    }
  }
}
function leaseOf(run) {
  const { generationId } = run.request;
  return { generationId, deadlineAt: run.deadlineAt, ...run.hasWaited ? { hasWaited: true } : {} };
}
async function takeLeave(run, resume, sink, ports, signal) {
  const request = { ...leaseOf(run), ...resume ? { credit: true } : {} };
  for (; ; ) {
    const answer = await ports.limiter.acquire(request);
    if (signal.aborted) return void 0;
    if (answer.kind === "granted") return answer;
    const late = await waitInLine(answer, resume, run, sink, ports);
    if (signal.aborted) return void 0;
    if (late !== void 0) return late;
  }
}
var lineNotices = {
  concurrency: "waiting-for-slot",
  degraded: "waiting-for-slot",
  rate: "waiting-for-rate",
  "slow-down": "upstream-slow-down",
  circuit: "upstream-paused"
};
async function waitInLine(line, resume, run, sink, ports) {
  const ms = Math.round(line.retryAfterMs * (1 + ports.random() * retryJitter));
  if (ports.clock.now() + ms >= run.deadlineAt) {
    const error = turnError(line.reason === "circuit" ? "upstream-circuit-open" : "upstream-rate-limited");
    return { ending: { outcome: sink.hasContent ? "interrupted" : "failed", error }, byUpstream: false };
  }
  const scope = line.reason === "slow-down" || line.reason === "circuit" ? "upstream" : "tenant";
  await sink.wait(ms, { code: lineNotices[line.reason], scope, resume });
  return void 0;
}
function refusedBy(failure2) {
  if (failure2.code === "upstream-rate-limited") return "rate-limited";
  if (failure2.code === "upstream-unavailable") return failure2.isOverload ? "unavailable" : "unreachable";
  return failure2.code === "upstream-unreachable" ? "unreachable" : void 0;
}
function reportTo(limiter, run, failure2) {
  const refused2 = refusedBy(failure2);
  if (refused2 === void 0 || !failure2.retryable) return Promise.resolve(void 0);
  return limiter.report(leaseOf(run), refused2, failure2.retryAfterMs);
}
function retrying(resume, sink, policy) {
  return {
    code: resume ? "upstream-resuming" : "upstream-retrying",
    scope: "upstream",
    resume,
    attempt: resume ? sink.resumes : sink.attempts,
    maxAttempts: resume ? policy.maxResumes : policy.maxAttempts
  };
}
function afterFailure(failure2, wasResume, sink, run, ports, policy) {
  const error = turnError(failure2.code);
  const ended = (outcome) => ({
    ending: { outcome, error },
    byUpstream: failure2.byUpstream
  });
  const mustResume = sink.hasContent || wasResume;
  const isFinal = failure2.code === "upstream-deadline" || !(failure2.retryable || mustResume && isTimeout(failure2.code));
  if (mustResume) {
    if (isFinal && failure2.code === "upstream-rejected") {
      return { ending: { outcome: "interrupted", error: turnError("upstream-truncated") }, byUpstream: true };
    }
    if (isFinal) return ended("failed");
    if (!sink.resumable || sink.resumes >= policy.maxResumes) return ended("interrupted");
  } else if (isFinal || sink.attempts >= policy.maxAttempts) return ended("failed");
  const tries = mustResume ? sink.resumes : sink.attempts - 1;
  const waitMs = failure2.retryAfterMs ?? backoffMs(tries, policy.backoff, ports.random);
  if (ports.clock.now() + waitMs >= run.deadlineAt) return ended(mustResume ? "interrupted" : "failed");
  return { resume: mustResume, waitMs, notice: retrying(mustResume, sink, policy) };
}
function isTimeout(code) {
  return code === "upstream-headers-timeout" || code === "upstream-first-token-timeout" || code === "upstream-silence";
}
async function attempt(run, resume, leave, sink, ports, policy, signal) {
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const watch = new AttemptWatch(ports.clock, run.deadlineAt, (failure2) => controller.abort(failure2));
  try {
    watch.expect("upstream-headers-timeout", policy.headersTimeoutMs);
    const lastEventId = resume ? sink.lastEventId : void 0;
    const request = lastEventId === void 0 ? run.request : { ...run.request, lastEventId };
    const batches = await ports.upstream.open(request, controller.signal);
    watch.expect("upstream-first-token-timeout", policy.firstTokenTimeoutMs);
    let isUnanswered = leave.probe === true;
    for await (const batch of batches) {
      sink.batch(batch);
      if (isUnanswered && batch.parts.length > 0) {
        isUnanswered = false;
        ports.limiter.accepted(run.request.generationId);
      }
      if (batch.end?.kind === "done") return batch.end;
      if (batch.end?.kind === "error") {
        const { code, retryable, retryAfterMs } = batch.end;
        const again = retryable && !sink.hasContent;
        return new UpstreamFailure(code, again, {
          byUpstream: true,
          ...retryAfterMs === void 0 ? {} : { retryAfterMs }
        });
      }
      if (sink.hasContent) watch.expect("upstream-silence", policy.silenceTimeoutMs);
    }
    return new UpstreamFailure("upstream-truncated", true);
  } catch (error) {
    if (watch.failure !== void 0) return watch.failure;
    return error instanceof UpstreamFailure ? error : new UpstreamFailure("upstream-unreachable", true, { cause: error });
  } finally {
    watch.stop();
    signal.removeEventListener("abort", abort);
    controller.abort(new UpstreamFailure("upstream-truncated", false));
  }
}
var AttemptWatch = class {
  failure;
  #clock;
  #deadlineAt;
  #abort;
  #code = "upstream-headers-timeout";
  #expiresAt = Number.POSITIVE_INFINITY;
  #ringsAt = Number.POSITIVE_INFINITY;
  #timer;
  constructor(clock, deadlineAt, abort) {
    this.#clock = clock;
    this.#deadlineAt = deadlineAt;
    this.#abort = abort;
  }
  /** From now on, `code` is the failure unless this is called again within `ms`. */
  expect(code, ms) {
    const now = this.#clock.now();
    const at = now + ms;
    this.#code = at < this.#deadlineAt ? code : "upstream-deadline";
    this.#expiresAt = Math.min(at, this.#deadlineAt);
    if (this.#expiresAt < this.#ringsAt) this.#arm(now);
  }
  stop() {
    this.#timer?.cancel();
    this.#expiresAt = Number.POSITIVE_INFINITY;
  }
  #arm(now) {
    this.#timer?.cancel();
    this.#ringsAt = this.#expiresAt;
    this.#timer = this.#clock.after(Math.max(0, this.#expiresAt - now), () => this.#ring());
  }
  #ring() {
    const now = this.#clock.now();
    if (now < this.#expiresAt) {
      this.#arm(now);
      return;
    }
    this.failure = new UpstreamFailure(this.#code, false);
    this.#abort(this.failure);
  }
};

// edge/events.ts
function renderEvents(events, id) {
  return events.map(([name, data], index) => {
    const idLine = id === void 0 || index < events.length - 1 ? "" : `id: ${id}
`;
    return `${idLine}event: ${name}
data: ${JSON.stringify(data)}

`;
  }).join("");
}
function eventsOfParts(parts2) {
  return parts2.map((part) => {
    switch (part.kind) {
      case "text":
        return ["token", { text: part.text }];
      case "reasoning":
        return ["reasoning", { text: part.text }];
      default: {
        const { kind, ...data } = part;
        return [kind, data];
      }
    }
  });
}
function sliceEvents(parts2, from, to) {
  return renderEvents(eventsOfParts(sliceParts(parts2, from, to)));
}
function errorEvent(error, options) {
  const { id, retryAfterMs, retryMs } = options;
  const retry = retryMs === void 0 ? "" : `retry: ${retryMs}
`;
  return retry + renderEvents([["error", { ...error, ...retryAfterMs === void 0 ? {} : { retryAfterMs } }]], id);
}

// edge/outbox.ts
var enoughBytes = 64 * 1024;
var newline = 10;
var Outbox = class {
  #encoder = new TextEncoder();
  #chunks = [];
  #bytes = 0;
  #isEnded = false;
  #isBetweenLines = true;
  #arrived;
  #taken = [];
  /** Whether a comment may be put after all that was taken: inside a line it would break it. */
  get isBetweenLines() {
    return this.#isBetweenLines;
  }
  /** Nothing is taken after the end. */
  push(chunk) {
    if (this.#isEnded) return;
    const bytes = typeof chunk === "string" ? this.#encoder.encode(chunk) : chunk;
    if (bytes.byteLength === 0) return;
    this.#chunks.push(bytes);
    this.#bytes += bytes.byteLength;
    this.#arrived?.();
  }
  /** What is in it can still be taken. */
  end() {
    this.#isEnded = true;
    this.#arrived?.();
    this.#wake();
  }
  /** Nobody will take what is in it. */
  drop() {
    this.#chunks = [];
    this.#bytes = 0;
    this.end();
  }
  /** Resolves when there is room for more. */
  async room() {
    while (this.#bytes >= enoughBytes && !this.#isEnded) {
      await new Promise((resolve) => this.#taken.push(resolve));
    }
  }
  /** All there is, as one chunk; undefined at the end. One reader takes, one call at a time. */
  async take() {
    while (this.#chunks.length === 0) {
      if (this.#isEnded) return void 0;
      await new Promise((resolve) => {
        this.#arrived = resolve;
      });
    }
    const chunk = joined(this.#chunks, this.#bytes);
    this.#chunks = [];
    this.#bytes = 0;
    this.#isBetweenLines = chunk.at(-1) === newline;
    this.#wake();
    return chunk;
  }
  #wake() {
    for (const wake of this.#taken.splice(0)) wake();
  }
};
function joined(chunks, bytes) {
  const [only] = chunks;
  if (only !== void 0 && chunks.length === 1) return only;
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}

// edge/patient-upstream.ts
init_ports();
var PatientUpstream = class {
  #upstream;
  #options;
  constructor(upstream, options) {
    this.#upstream = upstream;
    this.#options = options;
  }
  async open(request, signal) {
    const batches = await this.#upstream.open(request, signal).catch((error) => {
      throw error instanceof UpstreamFailure && (error.retryAfterMs ?? 0) > this.#options.patienceMs ? final(error) : error;
    });
    this.#options.onOpen();
    return this.#asTaken(batches);
  }
  stop(generationId, signal) {
    return this.#upstream.stop(generationId, signal);
  }
  async *#asTaken(batches) {
    for await (const batch of batches) {
      yield batch;
      await this.#options.room();
    }
  }
};
function final({ code, cause, retryAfterMs, byUpstream }) {
  return new UpstreamFailure(code, false, {
    cause,
    byUpstream,
    ...retryAfterMs === void 0 ? {} : { retryAfterMs }
  });
}

// edge/position.ts
var pattern = /^(b-[0-9a-f]{32})(?:\.(.+)|;(lost|over))$/;
function newGenerationId() {
  return `b-${crypto.randomUUID().replaceAll("-", "")}`;
}
function formatPosition(position) {
  return position.kind === "at" ? `${position.generationId}.${position.eventId}` : `${position.generationId};${position.kind}`;
}
function parsePosition(text3) {
  const [, generationId, eventId, kind] = pattern.exec(text3) ?? [];
  if (generationId === void 0) return void 0;
  if (eventId !== void 0) return { kind: "at", generationId, eventId };
  return kind === "lost" || kind === "over" ? { kind, generationId } : void 0;
}

// edge/raw-stream.ts
init_chunks();
async function* rawBatches(body, signal) {
  for await (const bytes of chunksOf(body, signal)) {
    const batch = { parts: [], bytes };
    yield batch;
  }
  yield { parts: [], end: { kind: "done" } };
}
function isRaw(batch) {
  return "bytes" in batch;
}

// edge/answer-run.ts
var comeBackMs = 5e3;
var AnswerRun = class {
  outbox = new Outbox();
  attempts = 0;
  resumes = 0;
  hasContent;
  resumable;
  lastEventId;
  #question;
  #options;
  #generationId;
  #stop = new AbortController();
  #onWord = () => void 0;
  #lastFailure;
  /** The backend's bytes go through as they are. */
  #isRaw = false;
  #isMarkedLost = false;
  #length = 0;
  #tooLong = false;
  #isBetweenEvents = true;
  /** An answer that came whole, shown bit by bit once the call is over. */
  #whole;
  constructor(question, options) {
    const { position, lastEventId } = question;
    this.outbox.push(":worker-bridge\n\n");
    this.#question = question;
    this.#options = options;
    this.#generationId = position?.generationId ?? newGenerationId();
    this.lastEventId = position?.kind === "at" ? position.eventId : lastEventId;
    this.hasContent = lastEventId !== void 0;
    this.resumable = lastEventId !== void 0 || options.policy.upstreamResumable;
  }
  /** Begins; what is known first comes to `onWord`, and later words too. Resolves when all is in the outbox. Never rejects. */
  async start(onWord) {
    this.#onWord = onWord;
    if (this.#question.position?.kind === "lost") {
      this.#fail(turnError("upstream-truncated"));
      this.outbox.end();
      return;
    }
    const { left, policy, clock, random } = this.#options;
    const leave = () => this.#stop.abort(left.reason);
    left.addEventListener("abort", leave, { once: true });
    if (left.aborted) leave();
    const upstream = new PatientUpstream(this.#options.upstream, {
      patienceMs: this.#options.patienceMs,
      room: () => this.outbox.room(),
      onOpen: () => onWord({ kind: "open" })
    });
    const end = await runTurn(
      this.#run(),
      this,
      { limiter: NO_LIMITER, upstream, clock, random },
      policy,
      this.#stop.signal
    );
    if (left.aborted) this.outbox.drop();
    else if (end === void 0 || end.ending.error !== void 0) {
      this.#fail(end?.ending.error ?? turnError(this.#tooLong ? "turn-too-long" : "internal"));
    } else {
      if (this.#whole !== void 0) await this.#show(this.#whole);
      const { finishReason } = end.ending;
      if (!this.#isRaw) this.#emit([["done", finishReason === void 0 ? {} : { finishReason }]], this.#over);
    }
    onWord({ kind: "left" });
    if (end?.byUpstream !== true && !left.aborted) await this.#stopUpstream(upstream);
    this.outbox.end();
    left.removeEventListener("abort", leave);
  }
  attempting(resume) {
    if (resume) this.resumes += 1;
    else this.attempts += 1;
    return Promise.resolve();
  }
  batch(batch) {
    if (isRaw(batch)) {
      this.#isRaw = true;
      this.hasContent = true;
      this.resumable = false;
      this.#isBetweenEvents = endsEvent(batch.bytes);
      this.outbox.push(batch.bytes);
      return;
    }
    const { parts: parts2, start, usage, eventId, whole } = batch;
    const events = [];
    if (start !== void 0) {
      this.resumable = start.resumable || this.#options.policy.upstreamResumable;
      events.push(["start", { ...start, ...whole === true ? { simulated: true } : {} }]);
    }
    if (parts2.length > 0) this.hasContent = true;
    this.#length += lengthOf(parts2);
    if (this.#length > this.#options.policy.maxTurnLength) {
      this.#tooLong = true;
      this.#stop.abort();
    } else if (whole === true) this.#whole = parts2;
    else events.push(...eventsOfParts(parts2));
    if (usage !== void 0) events.push(["usage", usage]);
    this.#emit(events, this.#positionAfter(eventId));
  }
  failed(failure2) {
    this.#lastFailure = failure2;
    this.#options.onFailure(failure2);
  }
  async wait(ms, { code, attempt: attempt2, maxAttempts }) {
    this.#emit([["notice", { code, message: NOTICE_MESSAGES[code], retryAfterMs: ms, attempt: attempt2, maxAttempts }]]);
    this.#onWord({ kind: "waiting", retryAfterMs: ms });
    await this.#sleep(ms);
  }
  uncount() {
    this.attempts -= 1;
  }
  get #over() {
    return formatPosition({ kind: "over", generationId: this.#generationId });
  }
  #run() {
    const { messages, provider: provider2, model: model2, params: params2 } = this.#question;
    const { clock, policy } = this.#options;
    return {
      request: {
        generationId: this.#generationId,
        messages,
        ...provider2 === void 0 ? {} : { provider: provider2 },
        ...model2 === void 0 ? {} : { model: model2 },
        ...params2 === void 0 ? {} : { params: params2 }
      },
      deadlineAt: clock.now() + policy.turnTimeoutMs,
      resuming: this.lastEventId !== void 0,
      hasWaited: false
    };
  }
  #emit(events, id) {
    this.outbox.push(renderEvents(events, id));
  }
  /** An answer that cannot be continued says so once: an `EventSource` keeps the last id it was given. */
  #positionAfter(eventId) {
    const generationId = this.#generationId;
    if (this.resumable) {
      if (eventId === void 0) return void 0;
      this.lastEventId = eventId;
      return formatPosition({ kind: "at", generationId, eventId });
    }
    if (this.#isMarkedLost) return void 0;
    this.#isMarkedLost = true;
    return formatPosition({ kind: "lost", generationId });
  }
  #fail(error) {
    const isAgain = error.retryable && !this.hasContent;
    const retryAfterMs = this.#lastFailure?.retryAfterMs ?? (isAgain ? comeBackMs : void 0);
    if (this.#isBetweenEvents) {
      this.outbox.push(
        errorEvent(error, {
          id: isAgain ? "" : this.#over,
          ...retryAfterMs === void 0 ? {} : { retryAfterMs },
          ...isAgain && retryAfterMs !== void 0 ? { retryMs: retryAfterMs } : {}
        })
      );
    }
    this.#onWord({ kind: "failed", error, ...retryAfterMs === void 0 ? {} : { retryAfterMs } });
  }
  /** U6: bit by bit, at the pace of reading along. */
  async #show(parts2) {
    const { simulateChunkMs, simulateMaxMs } = this.#options.policy;
    let from = 0;
    for (const to of paceParts(parts2, simulateChunkMs, simulateMaxMs)) {
      if (from > 0) await this.#sleep(simulateChunkMs);
      await this.outbox.room();
      if (this.#stop.signal.aborted) return;
      this.outbox.push(sliceEvents(parts2, from, to));
      from = to;
    }
  }
  async #stopUpstream(upstream) {
    const { clock, policy, onFailure } = this.#options;
    const late = new AbortController();
    const timer = clock.after(policy.stopConfirmMs, () => late.abort());
    await upstream.stop(this.#generationId, late.signal).catch(onFailure);
    timer.cancel();
  }
  #sleep(ms) {
    const { signal } = this.#stop;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        timer.cancel();
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const timer = this.#options.clock.after(ms, wake);
      signal.addEventListener("abort", wake);
    });
  }
};
var [cr, lf] = [13, 10];
function endsEvent(bytes) {
  const [last, before, third] = [bytes.at(-1), bytes.at(-2), bytes.at(-3)];
  return last === lf && (before === lf || before === cr && third === lf) || last === cr && before === cr;
}

// edge/question.ts
init_mini();
init_client_frames();
init_result();
var maxQueryUnits = 8192;
var maxBodyBytes = 1048576;
var maxMessages = 1e3;
var { provider, model, params } = turnSubmitFrame.shape;
var content = string2().check(refine((text3) => text3.trim() !== "", "must not be empty"));
var prompted = strictObject({ prompt: content, provider, model, params });
var conversation = strictObject({
  messages: array(messageSchema).check(
    _maxLength(maxMessages),
    refine((messages) => messages.some(({ role }) => role === "user"), "must hold something of the user's")
  ),
  provider,
  model,
  params
});
var bodySchema = union([prompted, conversation]);
var querySchema = object({ provider, model });
async function readQuestion(request) {
  const asked = request.method === "POST" ? await fromBody(request) : fromQuery(new URL(request.url).searchParams);
  if (!asked.ok) return asked;
  const lastEventId = request.headers.get("last-event-id");
  if (lastEventId === null || lastEventId === "") return asked;
  const position = parsePosition(lastEventId);
  return ok({ ...asked.value, lastEventId, ...position === void 0 ? {} : { position } });
}
function fromQuery(query) {
  const prompt = query.get("q") ?? "";
  if (prompt.trim() === "") return refuse3("Say what to ask, for example /chat?q=hello.");
  if (prompt.length > maxQueryUnits) {
    return refuse3(`q is at most ${maxQueryUnits} characters. POST a longer one as JSON: {"prompt": "\u2026"}.`);
  }
  const named = ["provider", "model"].flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [[name, value]];
  });
  const parsed = querySchema.safeParse(Object.fromEntries(named));
  if (!parsed.success) return refuse3(`${parsed.error.issues[0]?.path.join(".")} is a name, or left out.`);
  return ok({ messages: [{ role: "user", content: prompt }], ...parsed.data });
}
async function fromBody(request) {
  const text3 = await readBounded(request);
  if (text3 === void 0) {
    return fail({
      code: "frame-too-large",
      detail: `A body is at most ${maxBodyBytes} bytes. Leave out old messages.`
    });
  }
  const parsed = bodySchema.safeParse(jsonOrUndefined2(text3));
  if (!parsed.success) {
    return refuse3(
      'Send JSON: {"prompt": "\u2026"} or {"messages": [{"role": "user", "content": "\u2026"}]}, with "provider", "model" and "params" if you like.'
    );
  }
  const { data } = parsed;
  if ("messages" in data) return ok(data);
  const { prompt, ...rest } = data;
  return ok({ messages: [{ role: "user", content: prompt }], ...rest });
}
async function readBounded(request) {
  if (Number(request.headers.get("content-length") ?? 0) > maxBodyBytes) return void 0;
  const reader = request.body?.getReader();
  const decoder2 = new TextDecoder();
  let text3 = "";
  let bytes = 0;
  for (; ; ) {
    const next = await reader?.read().catch(() => void 0);
    if (next?.value === void 0) return text3 + decoder2.decode();
    bytes += next.value.byteLength;
    if (bytes > maxBodyBytes) {
      await reader?.cancel();
      return void 0;
    }
    text3 += decoder2.decode(next.value, { stream: true });
  }
}
function refuse3(detail) {
  return fail({ code: "bad-request", detail });
}
function jsonOrUndefined2(text3) {
  try {
    return JSON.parse(text3);
  } catch {
    return void 0;
  }
}

// edge/stream.ts
var streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no"
};
var heartbeat = new TextEncoder().encode(":\n");
function streamOf(outbox, { heartbeatMs, clock, onLeave }) {
  let taking;
  return new ReadableStream(
    {
      async pull(controller) {
        for (; ; ) {
          taking ??= outbox.take();
          const next = await within(taking, heartbeatMs, clock);
          if (next === "late") {
            if (!outbox.isBetweenLines) continue;
            controller.enqueue(heartbeat);
            return;
          }
          taking = void 0;
          if (next === void 0) controller.close();
          else controller.enqueue(next);
          return;
        }
      },
      cancel: onLeave
    },
    { highWaterMark: 0 }
  );
}
async function within(promise, ms, clock) {
  let timer;
  const late = new Promise((resolve) => {
    timer = clock.after(ms, () => resolve("late"));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer?.cancel();
  }
}

// edge/bridge.ts
var answerWithinMs = 2e4;
var patienceMs = { events: 2e4, other: 2e3 };
var bridgeRoom = "bridge";
async function bridge(request, config2) {
  if (request.method !== "GET" && request.method !== "POST") {
    return problem("method-not-allowed", { headers: { allow: "GET, POST" } });
  }
  const asked = await readQuestion(request);
  if (!asked.ok) return problem(asked.error.code, { detail: asked.error.detail });
  const question = asked.value;
  if (question.position?.kind === "over") return new Response(null, { status: 204 });
  const refused2 = await config2.refusalOf?.(question);
  if (refused2 !== void 0) return problem("turn-not-allowed", { detail: `Not allowed here: ${refused2}.` });
  const leaving = new AbortController();
  request.signal?.addEventListener("abort", () => leaving.abort(), { once: true });
  const wantsEvents = request.headers.get("accept")?.includes("text/event-stream") === true;
  const run = new AnswerRun(question, {
    upstream: await upstreamOf(config2),
    policy: config2.policy,
    clock: config2.clock,
    random: config2.random,
    patienceMs: wantsEvents ? patienceMs.events : patienceMs.other,
    left: leaving.signal,
    onFailure: config2.onFault
  });
  const word = await firstWord(run, wantsEvents, config2.clock);
  if (word.kind === "failed" && !wantsEvents) {
    leaving.abort();
    const code = isErrorCode(word.error.code) ? word.error.code : "internal";
    return problem(code, word.retryAfterMs === void 0 ? {} : { retryAfterMs: word.retryAfterMs });
  }
  const wait = "retryAfterMs" in word && word.retryAfterMs !== void 0 ? { "retry-after": retryAfterOf(word.retryAfterMs) } : {};
  const body = streamOf(run.outbox, {
    heartbeatMs: config2.heartbeatMs,
    clock: config2.clock,
    onLeave: () => leaving.abort()
  });
  return new Response(body, { headers: { ...streamHeaders, ...wait } });
}
async function firstWord(run, wantsEvents, clock) {
  const word = new Promise((resolve) => {
    void run.start((said) => {
      if (said.kind !== "waiting" || wantsEvents) resolve(said);
    });
  });
  const first = await within(word, answerWithinMs, clock);
  return first === "late" ? { kind: "open" } : first;
}
async function upstreamOf(config2) {
  return new FetchUpstream({
    base: config2.nestBase,
    method: config2.upstreamMethod,
    room: bridgeRoom,
    read: await readerFor(config2),
    authorize: config2.authorize,
    fetch: config2.fetch
  });
}
async function readerFor(config2) {
  if (config2.parse === "off") return rawBatches;
  const load = config2.loadParser ?? (async () => (await Promise.resolve().then(() => (init_event_stream(), event_stream_exports))).readerOf);
  try {
    return (await load())(config2.dialect);
  } catch (cause) {
    config2.onFault(cause);
    return rawBatches;
  }
}

// edge/admitted.ts
async function bridgeAdmitted(request, config2, { revocationsOf, refusalOf } = {}) {
  if (config2.bridge === "off") return problem("not-found");
  const principal = await authorize(request, void 0, config2, revocationsOf);
  if (!principal.ok) return refused(principal.error);
  if (!mayDo(principal.value, "turn-submit")) return problem("forbidden");
  const { tenant } = principal.value;
  return bridge(request, {
    nestBase: config2.nestBase,
    upstreamMethod: config2.upstreamMethod,
    dialect: config2.upstreamDialect,
    parse: config2.bridge === "raw" ? "off" : "auto",
    policy: config2.policy,
    heartbeatMs: config2.heartbeatMs,
    clock: systemClock,
    random: Math.random,
    authorize: (generation) => authorizeUpstream(config2.upstreamAuth, { tenant, generation }),
    refusalOf: async (asked) => refusalOf?.(tenant, asked),
    onFault: (cause) => reportFault("bridge", cause),
    fetch: (url2, init) => fetch(url2, init)
  });
}

// edge/serve.ts
var addresses = new AddressWindow();
async function serveBridge(request, { settings: settings2, address }) {
  try {
    const url2 = new URL(request.url);
    const config2 = parseConfig(settings2, url2.hostname);
    if (!config2.ok) return notConfigured(config2.error);
    const origin = request.headers.get("origin");
    if (!isAllowedOrigin(origin, url2, config2.value.allowedOrigins)) return problem("origin-forbidden");
    if (request.method === "OPTIONS") return withCors(preflight(), origin);
    const refusal = addresses.refusalOf(address, config2.value.limits.ipRequestsPerMinute, Date.now());
    return withCors(refusal ?? await bridgeAdmitted(request, config2.value), origin);
  } catch (error) {
    reportFault("bridge", error);
    return problem("internal");
  }
}

// edge/vercel.ts
var settings = { TURN_TIMEOUT_MS: "280000", ...process.env };
function vercelEdge(request) {
  const address = request.headers.get("x-real-ip") ?? void 0;
  return serveBridge(request, { settings, address });
}
var vercelFunction = { fetch: vercelEdge };
export {
  vercelEdge,
  vercelFunction
};
