/** In place of `cloudflare:email`, which workerd by itself does not have and no contender uses. */
export class EmailMessage {}
