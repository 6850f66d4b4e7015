/** A profile whose program is the stub of this benchmark: any command, for no container is ever made. */
export function stubApp(port: number) {
  return {
    preset: "custom",
    command: ["stub"],
    port,
    readyPath: "api",
    defaultPath: "lab",
    secretHeader: { name: "Authorization", format: "token {secret}" },
    secretVariable: "JUPYTER_TOKEN",
  } as const;
}
