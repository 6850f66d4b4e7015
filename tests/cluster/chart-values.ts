import { berthImage } from "./recipes/berth-image.ts";

export const publicUrl = "http://hub.example.test";
export const drainSeconds = 12;

/** What answers a WebSocket with its own words, in a tenth of JupyterLab's time and memory. */
const echo = `
import asyncio, sys, tornado.web, tornado.websocket
class Echo(tornado.websocket.WebSocketHandler):
    def check_origin(self, origin): return True
    def on_message(self, message): self.write_message(message)
class Here(tornado.web.RequestHandler):
    def get(self): self.write("here")
async def main():
    tornado.web.Application([(r".*/echo", Echo), (r".*", Here)]).listen(int(sys.argv[1]))
    await asyncio.Event().wait()
asyncio.run(main())`;

/** As small as an installation can be here: JupyterLab is the default profile, `echo` the one for crowds. */
export function chartValues(image = berthImage) {
  const [name, tag] = image.split(":");
  const resources = { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "512Mi" } };
  return {
    image: { name, tag },
    postgresql: { image: { name: "localhost/postgres", tag: "1" }, resources, storage: { size: "1Gi" } },
    hub: { publicUrl, allowInsecure: true, resources },
    edge: { drainSeconds, resources },
    web: { resources },
    singleuser: {
      image: { name: "localhost/singleuser-r", tag: "1" },
      cpu: { limit: 1, guarantee: 0.01 },
      memory: { limit: "768M", guarantee: "32M" },
      profileList: [
        { display_name: "Python and R", slug: "lab", default: true },
        {
          display_name: "Echo",
          slug: "echo",
          kubespawner_override: {
            ...{ cpu_limit: 0.2, cpu_guarantee: 0.01, mem_limit: "128M", mem_guarantee: "16M" },
            app: {
              ...{ command: ["python3", "-c", echo, "8888"], port: 8888 },
              ...{ keepImageEntrypoint: false, secretVariable: "APP_SECRET" },
            },
          },
        },
      ],
    },
  };
}
