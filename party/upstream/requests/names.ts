/** The values of `UPSTREAM_ADAPTER`. Apart from the adapters, so that reading the settings doesn't load them. */
export const adapterNames = ["contract", "ui-messages", "openai", "template"] as const;
export type AdapterName = (typeof adapterNames)[number];
