/** A React Native application's bundle: `edge-chat-gateway/react-native` first, then the client. */
import "../../../client/react-native.ts";

export { ChatClient } from "../../../client/index.ts";
