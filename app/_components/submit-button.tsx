"use client";

import { type ComponentProps, useSyncExternalStore } from "react";
import { Button } from "./button.tsx";
import { classNames } from "./class-names.ts";

const never = () => () => undefined;

/**
 * Sends its form. Not before the page's script has taken over: the browser would send it by itself, to the page it is on and with a password
 * in the address where the form names no method, and what was typed would be gone. A button that waits looks as one that doesn't.
 */
export function SubmitButton({ disabled, className, ...props }: Omit<ComponentProps<typeof Button>, "type">) {
  const ready = useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
  return (
    <Button
      type="submit"
      disabled={disabled || !ready}
      className={classNames(!ready && "disabled:opacity-100", className)}
      {...props}
    />
  );
}
