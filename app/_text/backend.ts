export const backend = {
  "backend.away.kubernetes":
    "The cluster hasn't answered since {time}. Your servers still run; new starts wait until it answers.",
  "backend.away.local":
    "The portal hasn't been able to see its servers since {time}. They still run; new starts wait until it can.",
} as const;
