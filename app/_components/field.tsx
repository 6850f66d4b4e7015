import { ChevronDown } from "lucide-react";
import { type ComponentProps, type ReactNode, useId } from "react";
import { classNames } from "./class-names.ts";

const control =
  "w-full min-h-10 rounded-md border border-line-strong bg-surface px-3 text-sm text-ink placeholder:text-muted aria-invalid:border-danger";

type FieldProps = {
  readonly label: string;
  readonly hint?: ReactNode | undefined;
  readonly error?: string | null | undefined;
};

type Shown = { readonly id: string; readonly describedBy: string | undefined; readonly invalid: boolean };

function Field({ label, hint, error, children }: FieldProps & { readonly children: (shown: Shown) => ReactNode }) {
  const id = useId();
  const hasError = error !== undefined && error !== null;
  const describedBy = [hint === undefined ? null : `${id}-hint`, hasError ? `${id}-error` : null].filter(
    (part) => part !== null,
  );
  return (
    <div className="space-y-1.5">
      <label htmlFor={id} className="block text-sm font-medium">
        {label}
      </label>
      {children({ id, describedBy: describedBy.length === 0 ? undefined : describedBy.join(" "), invalid: hasError })}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      )}
      {hasError && (
        <p id={`${id}-error`} role="alert" className="text-sm text-danger">
          {error}
        </p>
      )}
    </div>
  );
}

export function TextField({ label, hint, error, className, ...props }: ComponentProps<"input"> & FieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {({ id, describedBy, invalid }) => (
        <input
          id={id}
          aria-describedby={describedBy}
          aria-invalid={invalid || undefined}
          className={classNames(control, className)}
          {...props}
        />
      )}
    </Field>
  );
}

/** The browser's own list: it opens as people know it on their phone, and needs no script to be read out. */
export function SelectField({
  label,
  hint,
  error,
  className,
  children,
  ...props
}: ComponentProps<"select"> & FieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {({ id, describedBy, invalid }) => (
        <span className="relative block">
          <select
            id={id}
            aria-describedby={describedBy}
            aria-invalid={invalid || undefined}
            className={classNames(control, "appearance-none truncate pr-9", className)}
            {...props}
          >
            {children}
          </select>
          <ChevronDown aria-hidden className="pointer-events-none absolute top-3 right-3 size-4 text-muted" />
        </span>
      )}
    </Field>
  );
}

export function CheckField({ label, ...props }: Omit<ComponentProps<"input">, "type"> & { readonly label: string }) {
  return (
    <label className="flex min-h-8 items-center gap-3 text-sm">
      <input type="checkbox" className="size-4 accent-accent" {...props} />
      {label}
    </label>
  );
}
