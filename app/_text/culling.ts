/** When a server stops by itself. */
export const culling = {
  "stop.in": "Stops in {time}",
  "stop.now": "Stops in a moment",
  "stop.extend": "Keep it running for another hour",
} as const;
