/** The recordings of what the AI SDK writes are what the installed packages write: `vitest run -u` records anew. */
import { describe, expect, test } from "vitest";
import { stories, tell, versions } from "./stories.ts";

describe.each(versions)("%s", (version) => {
  test.each(stories)("writes %s as recorded", async (story) => {
    await expect(await tell(version, story)).toMatchFileSnapshot(`golden/${version}.${story}.txt`);
  });
});
