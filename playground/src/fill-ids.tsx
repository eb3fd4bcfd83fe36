//! Keeps the placeholders in the tabs' variables up to date with the ids that are known.

import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect } from 'react';
import { fillIn, type KnownIds } from './ids';

/** Shows nothing; it has to be inside GraphiQL to reach the tabs. */
export function FillIds({ ids }: { ids: KnownIds }) {
  const tabs = useGraphiQL((state) => state.tabs);
  const active = useGraphiQL((state) => state.activeTabIndex);
  const editor = useGraphiQL((state) => state.variableEditor);
  const fetching = useGraphiQL((state) => state.isFetching);
  const { moveTab } = useGraphiQLActions();

  useEffect(() => {
    // The answer has to be in its tab first, or moving the tabs would put the old one back.
    if (fetching) return;
    // The open tab is changed through its editor, which tells the store; the others in the store.
    const open = editor?.getValue();
    if (editor && open) {
      const filled = fillIn(open, ids);
      if (filled !== open) editor.setValue(filled);
    }
    const next = tabs.map((tab, index) => {
      if (index === active || !tab.variables) return tab;
      const variables = fillIn(tab.variables, ids);
      return variables === tab.variables ? tab : { ...tab, variables };
    });
    if (next.some((tab, index) => tab !== tabs[index])) moveTab(next);
  }, [ids, tabs, active, editor, fetching, moveTab]);

  return null;
}
