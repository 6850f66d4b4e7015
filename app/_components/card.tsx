import type { ComponentProps } from "react";
import { classNames } from "./class-names.ts";

export function Card({ className, ...props }: ComponentProps<"section">) {
  return <section className={classNames("rounded-lg border border-line bg-surface p-5", className)} {...props} />;
}

export function PageTitle({ className, ...props }: ComponentProps<"h1">) {
  return <h1 className={classNames("text-2xl font-semibold tracking-tight", className)} {...props} />;
}
