import { cva, type VariantProps } from "class-variance-authority";
import Link from "next/link";
import type { ComponentProps } from "react";
import { classNames } from "./class-names.ts";

const button = cva(
  "inline-flex items-center justify-center gap-2 rounded-md border text-sm font-medium whitespace-nowrap select-none transition-colors disabled:opacity-60 disabled:cursor-not-allowed",
  {
    variants: {
      look: {
        primary: "border-transparent bg-accent text-accent-ink hover:not-disabled:brightness-110",
        plain: "border-line-strong/60 bg-surface text-ink hover:not-disabled:bg-sunken",
        danger: "border-transparent bg-danger-solid text-white hover:not-disabled:brightness-110",
        quiet: "border-transparent bg-transparent text-ink hover:not-disabled:bg-sunken",
      },
      size: { normal: "min-h-10 px-4", small: "min-h-8 px-3", icon: "size-10" },
    },
    defaultVariants: { look: "plain", size: "normal" },
  },
);

type Look = VariantProps<typeof button>;

export function Button({ look, size, className, ...props }: ComponentProps<"button"> & Look) {
  return <button type="button" className={classNames(button({ look, size }), className)} {...props} />;
}

export function ButtonLink({ look, size, className, ...props }: ComponentProps<typeof Link> & Look) {
  return <Link prefetch={false} className={classNames(button({ look, size }), className)} {...props} />;
}

/** To a page that isn't the portal's own: a server. */
export function ButtonAnchor({ look, size, className, children, ...props }: ComponentProps<"a"> & Look) {
  return (
    <a className={classNames(button({ look, size }), className)} {...props}>
      {children}
    </a>
  );
}

export const buttonClass = button;
