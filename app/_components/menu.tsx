"use client";

import { Menu as BaseMenu } from "@base-ui/react/menu";
import { Ellipsis } from "lucide-react";
import type { ReactNode } from "react";
import { buttonClass } from "./button.tsx";
import { classNames } from "./class-names.ts";

/** The less frequent actions of a row or card. `label` says whose. */
export function MoreMenu({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <BaseMenu.Root>
      <BaseMenu.Trigger aria-label={label} className={buttonClass({ look: "quiet", size: "icon" })}>
        <Ellipsis aria-hidden className="size-5" />
      </BaseMenu.Trigger>
      <BaseMenu.Portal>
        <BaseMenu.Positioner sideOffset={4} align="end" className="z-10">
          <BaseMenu.Popup className="min-w-48 rounded-md border border-line bg-surface py-1 text-sm text-ink shadow-lg outline-hidden">
            {children}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

type ItemProps = {
  readonly children: ReactNode;
  onSelect(): void;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  /** For what has a button of its own where there is room. */
  readonly narrow?: boolean;
};

export function MenuItem({ children, onSelect, danger = false, disabled = false, narrow = false }: ItemProps) {
  return (
    <BaseMenu.Item
      onClick={onSelect}
      disabled={disabled}
      className={classNames(
        "flex min-h-9 cursor-pointer items-center px-4 outline-hidden select-none data-disabled:cursor-not-allowed data-disabled:opacity-60 data-highlighted:bg-sunken",
        danger && "text-danger",
        narrow && "sm:hidden",
      )}
    >
      {children}
    </BaseMenu.Item>
  );
}
