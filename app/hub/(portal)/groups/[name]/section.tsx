import { type ReactNode, useId } from "react";

type Props = {
  readonly title: string;
  readonly text?: string;
  /** A button beside the title. */
  readonly action?: ReactNode;
  readonly children: ReactNode;
};

export function Section({ title, text, action, children }: Props) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="space-y-3">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div>
          <h2 id={id} className="text-lg font-semibold">
            {title}
          </h2>
          {text !== undefined && <p className="text-sm text-muted">{text}</p>}
        </div>
        {action}
      </div>
      {children}
    </section>
  );
}
