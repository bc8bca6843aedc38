/** Decides how a file of an answer may be shown. Everything in an answer comes from outside and isn't trusted. */
import { safeHref } from "./safe-href.ts";

export type SafeFile =
  /** May be the source of an `<img>`, in which no script runs. */
  | { readonly kind: "image"; readonly url: string; readonly mediaType: string }
  | { readonly kind: "link"; readonly url: string; readonly mediaType: string }
  /** Only named. */
  | { readonly kind: "unsafe"; readonly mediaType: string };

/** Pictures of pixels. SVG is a document, which a person might open outside of an `<img>`. */
const pictures = /^image\/(?:png|jpeg|gif|webp|avif|bmp)$/;
/** The types of files that a person may save from an answer. A browser runs none of them when the saved file is opened. */
const savable =
  /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp)|audio\/[\w.+-]+|video\/[\w.+-]+|application\/(?:pdf|json|zip)|text\/(?:plain|csv|markdown))$/;

export function safeFile(url: string, mediaType: string): SafeFile {
  const own = /^data:([\w.+-]+\/[\w.+-]+)(?:;[^,]*)?,/i.exec(url)?.[1]?.toLowerCase();
  if (own !== undefined) {
    // The browser goes by the address, so the address decides.
    if (pictures.test(own)) return { kind: "image", url, mediaType: own };
    return savable.test(own) ? { kind: "link", url, mediaType: own } : { kind: "unsafe", mediaType: own };
  }
  const href = safeHref(url);
  if (href === undefined || href.startsWith("mailto:")) return { kind: "unsafe", mediaType };
  return { kind: pictures.test(mediaType) ? "image" : "link", url: href, mediaType };
}
