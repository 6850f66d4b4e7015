/** Of Berth itself. */
export const version = "0.1.0";
