import { handleAuth } from "#app/_auth/handle.ts";

export { handleAuth as GET, handleAuth as POST };
