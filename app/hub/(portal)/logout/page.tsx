import { t } from "#app/_text/t.ts";
import { LogoutForm } from "./logout-form.tsx";

export const metadata = { title: t("logout.title") };

export default function LogoutPage() {
  return <LogoutForm />;
}
