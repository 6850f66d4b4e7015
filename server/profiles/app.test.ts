import { describe, expect, test } from "vitest";
import { appEnvironment, appFor, appProblem } from "./app.ts";

describe("what runs in a server", () => {
  test("JupyterLab is the default: told where to listen, and its secret by variable and header", () => {
    const app = appFor({}, "kubernetes");
    expect(app).toMatchObject({
      preset: "jupyterlab",
      auth: "edge",
      command: ["jupyter", "lab"],
      secretVariable: "JUPYTER_TOKEN",
      stripPrefix: false,
      keepImageEntrypoint: true,
      unixSocket: true,
    });
    expect(app.args).toContain("--ServerApp.base_url={prefix}");
    expect(app.listenArgs.tcp).toContain("--ServerApp.port={port}");
    expect(app.listenArgs.unix).toContain("--ServerApp.sock={socket}");
    expect(app.secretHeader).toEqual({ name: "Authorization", format: "token {secret}" });
  });

  test.each([
    ["jupyterhub-singleuser"],
    [["/opt/conda/bin/jupyterhub-singleuser", "--debug"]],
    ["/usr/local/bin/custom-command"],
  ])("cmd %j is KubeSpawner's contract: it speaks JupyterHub's own protocol", (cmd) => {
    const app = appFor({ cmd }, "kubernetes");
    expect(app).toMatchObject({
      auth: "hub",
      command: [cmd].flat(),
      args: [],
      listenArgs: { tcp: [], unix: [] },
      secretHeader: null,
      unixSocket: false,
    });
  });

  test("a plain Jupyter command takes the edge's token", () => {
    for (const cmd of ["jupyter-lab", ["jupyter", "notebook"], "/opt/conda/bin/jupyter-server"])
      expect(appFor({ cmd, args: ["--x"] }, "kubernetes")).toMatchObject({
        auth: "edge",
        command: [cmd].flat(),
        args: expect.arrayContaining(["--x", "--no-browser"]),
      });
  });

  test("cmd: null is the image's own command, which only Kubernetes has", () => {
    expect(appFor({ cmd: null }, "kubernetes")).toMatchObject({ auth: "hub", command: [], args: [] });
    expect(appFor({ cmd: null }, "local")).toMatchObject({ auth: "edge", command: ["jupyter", "lab"] });
  });

  test("URL, folder and debug reach plain Jupyter as arguments and jupyterhub-singleuser by environment", () => {
    const settings = { default_url: "/lab/tree/x", notebook_dir: "/srv", debug: true };
    const lab = appFor(settings, "kubernetes");
    expect(lab).toMatchObject({
      defaultPath: "lab/tree/x",
      args: expect.arrayContaining(["--ServerApp.default_url=/lab/tree/x", "--ServerApp.root_dir=/srv", "--debug"]),
    });
    expect(appEnvironment(lab, settings, "kubernetes")).toEqual({});
    const single = appFor({ ...settings, cmd: "jupyterhub-singleuser" }, "kubernetes");
    expect(appEnvironment(single, settings, "kubernetes")).toEqual({
      JUPYTERHUB_DEFAULT_URL: "/lab/tree/x",
      JUPYTERHUB_ROOT_DIR: "/srv",
      JUPYTERHUB_DEBUG: "1",
    });
  });

  test("the other presets keep their prefix off and take no secret", () => {
    expect(appFor({ app: "code-server" }, "local")).toMatchObject({
      stripPrefix: true,
      secretHeader: null,
      unixSocket: true,
    });
    expect(appFor({ app: "rstudio" }, "kubernetes")).toMatchObject({
      stripPrefix: true,
      secretHeader: null,
      unixSocket: false,
    });
  });

  test("an app said in full is taken as said; auth: hub runs jupyterhub-singleuser", () => {
    const custom = appFor(
      {
        app: {
          preset: "custom",
          command: ["serve", "--port={port}"],
          readyPath: "/health",
          secretHeader: { name: "X-Key", format: "{secret}" },
        },
      },
      "kubernetes",
    );
    expect(custom).toMatchObject({
      preset: "custom",
      command: ["serve", "--port={port}"],
      readyPath: "health",
      secretHeader: { name: "X-Key" },
      listenArgs: { tcp: [], unix: [] },
    });
    expect(appFor({ app: { preset: "jupyterlab", auth: "hub" } }, "kubernetes")).toMatchObject({
      auth: "hub",
      command: ["jupyterhub-singleuser"],
      secretVariable: "JUPYTERHUB_API_TOKEN",
    });
  });

  test("what the app can't do is said", () => {
    expect(appProblem(appFor({}, "kubernetes"), { disable_user_config: true })?.field).toBe("disable_user_config");
    expect(appProblem(appFor({ app: "rstudio" }, "kubernetes"), { notebook_dir: "/x" })?.field).toBe("notebook_dir");
    expect(
      appProblem(appFor({ cmd: "jupyterhub-singleuser" }, "kubernetes"), { disable_user_config: true }),
    ).toBeNull();
  });
});
