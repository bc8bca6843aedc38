/** No dot: it is what divides tenant and name in a room's name (S5). */
export const tenantPattern = /^[A-Za-z0-9_-]{1,64}$/;
