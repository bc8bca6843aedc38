/** A chat of `ai` 5, 6 and 7 without a page: the class under `useChat`, with a state that is a plain object. */

import type { FileUIPart } from "ai";
import * as ai7 from "ai";
import * as ai5 from "ai5";
import * as ai6 from "ai6";
import type { GatewayData } from "../../../shared/ui-message-stream.ts";
import type { ReadMessage } from "./readers.ts";
import type { Version } from "./stories.ts";

type Status = "submitted" | "streaming" | "ready" | "error";

class State<M> {
  status: Status = "ready";
  error: Error | undefined;
  messages: M[] = [];
  pushMessage = (message: M): void => {
    this.messages = [...this.messages, message];
  };
  popMessage = (): void => {
    this.messages = this.messages.slice(0, -1);
  };
  replaceMessage = (index: number, message: M): void => {
    this.messages = this.messages.with(index, structuredClone(message));
  };
  snapshot = <T>(value: T): T => structuredClone(value);
}

class Chat5 extends ai5.AbstractChat<ai5.UIMessage> {}
class Chat6 extends ai6.AbstractChat<ai6.UIMessage> {}
class Chat7 extends ai7.AbstractChat<ai7.UIMessage> {}

/** What a page passes that sends outputs and decisions as soon as all are there, in each version's own words. */
const automatic = {
  ai5: { sendAutomaticallyWhen: ai5.lastAssistantMessageIsCompleteWithToolCalls },
  ai6: {
    sendAutomaticallyWhen: (options: { messages: ai6.UIMessage[] }) =>
      ai6.lastAssistantMessageIsCompleteWithToolCalls(options) ||
      ai6.lastAssistantMessageIsCompleteWithApprovalResponses(options),
  },
  ai7: {
    sendAutomaticallyWhen: (options: { messages: ai7.UIMessage[] }) =>
      ai7.lastAssistantMessageIsCompleteWithToolCalls(options) ||
      ai7.lastAssistantMessageIsCompleteWithApprovalResponses(options),
  },
};

/** What the tests use of a chat of any version. */
export interface TestChat {
  readonly status: Status;
  readonly error: Error | undefined;
  messages: ReadMessage[];
  sendMessage(
    message: { text: string; files?: FileUIPart[]; messageId?: string },
    options?: { body?: object },
  ): Promise<void>;
  regenerate(options?: { messageId?: string }): Promise<void>;
  resumeStream(): Promise<void>;
  addToolOutput(output: { tool: string; toolCallId: string; output: unknown }): void | PromiseLike<void>;
  /** Since `ai` 6. */
  addToolApprovalResponse?(response: { id: string; approved: boolean; reason?: string }): void | PromiseLike<void>;
  stop(): Promise<void>;
}

/** The version's own transport, which checks every event against the version's schema. */
export function defaultTransport(version: Version, api: string): object {
  switch (version) {
    case "ai5":
      return new ai5.DefaultChatTransport({ api });
    case "ai6":
      return new ai6.DefaultChatTransport({ api });
    case "ai7":
      return new ai7.DefaultChatTransport({ api });
  }
}

/** With the version's own transport, or with ours, of the newest types, as a page with an older `ai` has ours: what it is called with and yields is the same. */
export function chatOver(
  version: Version,
  id: string,
  transport: object,
  onGatewayData: (data: GatewayData) => void = () => {},
  { sendsAnswers = false } = {},
): TestChat {
  let nextId = 0;
  const name = crypto.randomUUID();
  const init = {
    id,
    generateId: () => `${name}-${nextId++}`,
    onData: ({ type, data }: { type: string; data: unknown }) => {
      if (type === "data-gateway") onGatewayData(data as GatewayData);
    },
  };
  switch (version) {
    case "ai5": {
      const own = transport as ai5.ChatTransport<ai5.UIMessage>;
      return new Chat5({
        ...init,
        ...(sendsAnswers ? automatic.ai5 : {}),
        state: new State(),
        transport: own,
      }) as TestChat;
    }
    case "ai6": {
      const own = transport as ai6.ChatTransport<ai6.UIMessage>;
      return new Chat6({
        ...init,
        ...(sendsAnswers ? automatic.ai6 : {}),
        state: new State(),
        transport: own,
      }) as TestChat;
    }
    case "ai7": {
      const own = transport as ai7.ChatTransport<ai7.UIMessage>;
      return new Chat7({
        ...init,
        ...(sendsAnswers ? automatic.ai7 : {}),
        state: new State(),
        transport: own,
      }) as TestChat;
    }
  }
}
