import { testJupyter } from "/work/main/tests/jupyter.ts";
console.log(await testJupyter((s) => console.log(s)));
