export function Tag({ children }: { readonly children: string }) {
  return (
    <span className="ml-2 inline-block rounded-full bg-sunken px-2 py-0.5 text-xs font-medium text-muted">
      {children}
    </span>
  );
}
