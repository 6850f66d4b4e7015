/** A berth: a hull between two bollards. */
export function Logo({ className }: { readonly className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={className}>
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path d="M7 17h18l-3 7H10z M15 6l7 8h-7z" fill="var(--accent-ink)" />
    </svg>
  );
}
